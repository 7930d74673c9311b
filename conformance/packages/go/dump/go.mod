module dump

go 1.23

require github.com/gotalk/gotalk/conformance/corpus v0.0.0

replace github.com/gotalk/gotalk/conformance/corpus => ../../../corpus

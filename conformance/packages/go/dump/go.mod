module dump

go 1.23

require gotalk-conformance v0.0.0

replace gotalk-conformance => ../../../corpus

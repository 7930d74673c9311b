module github.com/gotalk/gotalk/conformance/corpus

go 1.23

module gotalk-conformance

go 1.23

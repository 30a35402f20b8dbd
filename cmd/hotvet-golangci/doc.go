// Hotvet-golangci is golangci-lint v2.15.0 with hotvet as one more linter. It
// takes golangci-lint's commands, flags and .golangci.yml; package
// [github.com/hotvet/hotvet/analyzers/golangci] has the settings of the linter.
//
// It is built in a clone of hotvet:
//
//	cd cmd/hotvet-golangci
//	go build
//	cd path/to/your/module
//	hotvet-golangci run
//
// "go mod download" gets what the build needs; after that it works without
// network. The folder is a module of its own, because golangci-lint has some 200
// dependencies, and its license, the GPL version 3, holds for the program that
// is built here. For the same reason no other program of hotvet contains it.
//
// # With golangci-lint custom
//
// People who build their own golangci-lint from several plugins add hotvet to
// their .custom-gcl.yml as the file of that name in this folder does, which is
// what "golangci-lint custom" reads.
package main

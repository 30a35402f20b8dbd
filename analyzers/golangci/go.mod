module github.com/hotvet/hotvet/analyzers/golangci

go 1.26.0

require (
	github.com/golangci/plugin-module-register v0.1.2
	github.com/hotvet/hotvet v0.0.0
	golang.org/x/tools v0.52.0
	honnef.co/go/tools v0.8.2
)

// The plugin is of the same commit as the analyzers.
replace github.com/hotvet/hotvet => ../..

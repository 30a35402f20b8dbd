// The name is under that of x/tools, because the main program of nogo imports
// one of its internal packages.
module golang.org/x/tools/hotvet-nogo

go 1.26.0

require (
	github.com/aymanbagabas/go-udiff v0.4.1
	github.com/bazelbuild/rules_go v0.65.0
	github.com/hotvet/hotvet v0.0.0
	golang.org/x/tools v0.52.0
)

require honnef.co/go/tools v0.8.2 // indirect

replace github.com/hotvet/hotvet => ../..

// Hotvet-gopls is gopls, the language server of Go, with hotvet's analyzers among
// its own: findings while one types, with the other ends of each hazard, a link
// to what it means, and fixes.
//
// It is the gopls that its go.mod names, unchanged, and takes the same commands,
// flags and settings. An analyzer is switched off by its name:
//
//	"gopls": {"analyses": {"structcast": false}}
//
// "hotvet-gopls version" tells the versions of both. README.md says how to build
// it and how to point an editor to it.
//
// # Structure
//
// gopls has no interface for analyzers of others, and Go keeps its internal
// packages for programs below golang.org/x/tools/gopls. This module has a path
// there, so that it can import them; it is not published there and is built from
// a checkout. Its replace directives give gopls the x/tools and honnef.co/go/tools
// that it was released with.
package main

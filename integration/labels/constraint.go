package main

import (
	"go/ast"
	"go/build/constraint"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strings"
)

// knownOS are the systems whose names mean GOOS in a file name or constraint.
var knownOS = map[string]bool{
	"aix": true, "android": true, "darwin": true, "dragonfly": true, "freebsd": true,
	"illumos": true, "ios": true, "js": true, "linux": true, "netbsd": true,
	"openbsd": true, "plan9": true, "solaris": true, "wasip1": true, "windows": true,
}

// isImplied reports whether the go command sets a constraint word by itself, so
// that -tags must not: architectures, compilers, cgo, unix and Go releases.
func isImplied(word string) bool {
	switch word {
	case "386", "amd64", "arm", "arm64", "loong64", "mips", "mips64", "mips64le", "mipsle",
		"ppc64", "ppc64le", "riscv64", "s390x", "wasm", "gc", "gccgo", "cgo", "unix", "race", "msan", "asan":
		return true
	}
	return strings.HasPrefix(word, "go1.")
}

// buildWords returns the words that decide whether file is built: those of its
// //go:build line in order, then the parts of its name that are systems.
func buildWords(file string) ([]string, error) {
	f, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.PackageClauseOnly|parser.ParseComments)
	if err != nil {
		return nil, err
	}
	var words []string
	add := func(w string) {
		if !slices.Contains(words, w) {
			words = append(words, w)
		}
	}
	for _, c := range headComments(f) {
		if !constraint.IsGoBuild(c.Text) && !constraint.IsPlusBuild(c.Text) {
			continue
		}
		expr, err := constraint.Parse(c.Text)
		if err != nil {
			return nil, err
		}
		eachTag(expr, add)
	}
	for part := range strings.SplitSeq(strings.TrimSuffix(filepath.Base(file), ".go"), "_") {
		if knownOS[part] {
			add(part)
		}
	}
	return words, nil
}

func headComments(f *ast.File) []*ast.Comment {
	var list []*ast.Comment
	for _, group := range f.Comments {
		if group.Pos() < f.Package {
			list = append(list, group.List...)
		}
	}
	return list
}

func eachTag(x constraint.Expr, visit func(string)) {
	switch x := x.(type) {
	case *constraint.TagExpr:
		visit(x.Tag)
	case *constraint.NotExpr:
		eachTag(x.X, visit)
	case *constraint.AndExpr:
		eachTag(x.X, visit)
		eachTag(x.Y, visit)
	case *constraint.OrExpr:
		eachTag(x.X, visit)
		eachTag(x.Y, visit)
	}
}

package cgoexport

import (
	"go/build"
	"go/types"
	"slices"

	"golang.org/x/tools/go/analysis"

	"github.com/hotvet/hotvet/analyzers/internal/cgosource"
	"github.com/hotvet/hotvet/analyzers/internal/cgosource/ctext"
	"github.com/hotvet/hotvet/analyzers/internal/report"
)

const (
	msgResult = "result has another size than the one that C declares"
	msgParam  = "parameter has another size than the one that C declares"
	msgCount  = "export takes more parameters than C declares"
)

// reportABI compares an export with what C text says of it: a declaration under
// its name, and the callback parameter that its address is given for. Only
// plain arithmetic types are compared; what a typedef hides is not known.
func (p *program) reportABI(rep *report.Reporter, e *cgosource.Export) {
	sig := e.Func.Signature()
	for _, proto := range p.cgo.C.Protos(e.Name) {
		msg := p.mismatch(sig, proto)
		if msg == "" {
			continue
		}
		f := report.Finding{Node: e.Decl.Name, Kind: "abi", Message: msg}
		if at, ok := p.cgo.Range(proto, proto.Off, len(proto.Name)); ok {
			f.Related = []analysis.RelatedInformation{report.Related(at, "C declares it here")}
		}
		rep.Report(f)
		return
	}
	for _, call := range p.cgo.Handed(e.Name) {
		for i, arg := range call.Args {
			name, ok := cgosource.FuncAddress(p.info, arg)
			if ok && name == e.Name && p.callbackDiffers(sig, call.Name, i) {
				rep.Report(report.Finding{Node: e.Decl.Name, Kind: "abi", Message: msgResult,
					Related: []analysis.RelatedInformation{report.Related(call.Expr, "C gets the address of the export here")}})
				return
			}
		}
	}
}

func (p *program) mismatch(sig *types.Signature, proto *ctext.Func) string {
	if p.differs(result(sig), proto.Result) {
		return msgResult
	}
	// Without parameters, or with unnamed rest, C says nothing about them.
	if len(proto.Params) == 0 || slices.ContainsFunc(proto.Params, func(prm ctext.Param) bool { return len(prm.Type) == 0 || prm.Type[0].Is(".") }) {
		return ""
	}
	// Arguments that C passes beyond those of Go do no harm.
	if len(proto.Params) < sig.Params().Len() {
		return msgCount
	}
	for i, prm := range proto.Params[:sig.Params().Len()] {
		if !prm.Callback && p.differs(sig.Params().At(i).Type(), prm.Type) {
			return msgParam
		}
	}
	return ""
}

// callbackDiffers compares the result of an export with the one that the
// callback parameter of a C function has.
func (p *program) callbackDiffers(sig *types.Signature, callee string, i int) bool {
	for _, proto := range p.cgo.C.Protos(callee) {
		if i < len(proto.Params) && proto.Params[i].Callback && p.differs(result(sig), proto.Params[i].Type) {
			return true
		}
	}
	return false
}

func result(sig *types.Signature) types.Type {
	if sig.Results().Len() == 1 {
		return sig.Results().At(0).Type()
	}
	return nil
}

// differs reports whether a Go type surely has another size than a C type.
func (p *program) differs(t types.Type, c []ctext.Token) bool {
	size := p.sizeofC(c)
	if t == nil || size == 0 {
		return false
	}
	switch u := t.Underlying().(type) {
	case *types.Basic:
		if u.Info()&(types.IsInteger|types.IsFloat|types.IsBoolean) == 0 && u.Kind() != types.UnsafePointer {
			return false
		}
	case *types.Pointer:
	default:
		return false
	}
	return p.pass.TypesSizes != nil && p.pass.TypesSizes.Sizeof(t) != size
}

// sizeofC returns the size of a C type made of the language's own words or of
// <stdint.h>, in bytes, or 0.
func (p *program) sizeofC(toks []ctext.Token) int64 {
	word := int64(8)
	if p.pass.TypesSizes != nil {
		word = p.pass.TypesSizes.Sizeof(types.Typ[types.Uintptr])
	}
	long, base := 0, ""
	for _, t := range toks {
		switch t.Text {
		case "*":
			return word
		case "const", "volatile", "extern", "static", "inline", "signed", "unsigned", "register":
		case "long":
			long++
		case "int", "char", "short", "float", "double":
			if base == "" || base == "int" {
				base = t.Text
			}
		default:
			if base != "" {
				return 0
			}
			base = t.Text
		}
	}
	if long > 0 {
		return longSize(base, long, word)
	}
	if base == "" && slices.ContainsFunc(toks, func(t ctext.Token) bool { return t.Is("unsigned") || t.Is("signed") }) {
		base = "int"
	}
	return map[string]int64{"char": 1, "short": 2, "int": 4, "float": 4, "double": 8,
		"int8_t": 1, "uint8_t": 1, "int16_t": 2, "uint16_t": 2, "int32_t": 4, "uint32_t": 4, "int64_t": 8, "uint64_t": 8,
		"size_t": word, "ssize_t": word, "uintptr_t": word, "intptr_t": word}[base]
}

// longSize is the size of long, long long and their kin. A plain long is a word
// on the systems of Unix kind and 4 on Windows, where it is not compared.
func longSize(base string, n int, word int64) int64 {
	switch {
	case base != "" && base != "int":
		return 0
	case n == 2:
		return 8
	}
	if build.Default.GOOS != "windows" {
		return word
	}
	return 0
}

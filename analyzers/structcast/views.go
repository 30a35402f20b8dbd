package structcast

import (
	"go/types"

	"golang.org/x/tools/go/analysis"

	"github.com/hotvet/hotvet/analyzers/internal/origin"
	"github.com/hotvet/hotvet/analyzers/internal/report"
)

// checkViews reports calls that read outside bytes straight into the memory of
// a struct: io.ReadFull(f, (*[n]byte)(unsafe.Pointer(&t))[:]).
func (c *checker) checkViews() {
	for _, f := range c.origins().Fills {
		if f.Write {
			continue
		}
		res := c.origins().Trace(f.Buffer)
		for _, v := range c.views {
			if !res.Reached(v.conv) {
				continue
			}
			from := c.origins().TraceFill(f)
			src, ok := from.Outside()
			if from.Has(origin.Kernel) || from.Cut {
				continue
			}
			if !ok {
				c.paramSinks(f.Call, v.elem, from)
				continue
			}
			c.judge(&site{node: f.Call, elem: v.elem, res: res, src: src, viewed: true,
				related: []analysis.RelatedInformation{report.Related(v.conv, "struct seen as bytes here")}})
			break
		}
	}
}

// writers returns the calls that write structs of the type out as raw bytes:
// the old end of what a later build misreads.
func (c *checker) writers(elem types.Type) []analysis.RelatedInformation {
	var list []analysis.RelatedInformation
	if len(c.views) == 0 {
		return nil
	}
	for _, f := range c.origins().Fills {
		if !f.Write || c.inTest(f.Call) {
			continue
		}
		var res *origin.Result
		for _, v := range c.views {
			if !types.Identical(key(v.elem), key(elem)) {
				continue
			}
			if res == nil {
				res = c.origins().Trace(f.Buffer)
			}
			if res.Reached(v.conv) {
				list = append(list, report.Related(f.Call, "written here in the layout of this build"))
				break
			}
		}
	}
	return list
}

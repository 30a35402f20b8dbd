package drivers

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// vet is the go command with hotvet as its vet tool. The go command caches what
// it says, by the content of packages and of the tool.
type vet struct {
	site *Site
	tool string
}

func (*vet) Name() string { return "vet" }

func (v *vet) Available(ctx context.Context) (err error) {
	v.tool, err = v.site.Hotvet(ctx)
	return err
}

func (v *vet) Findings(ctx context.Context, dir string) ([]Finding, error) {
	out, err := Run(ctx, dir, nil, "go", "vet", "-json", "-vettool="+v.tool, "./...")
	if err != nil {
		return nil, err
	}
	var list []Finding
	for dec := json.NewDecoder(bytes.NewReader(out)); ; {
		var tree map[string]map[string]json.RawMessage // package, analyzer
		if err := dec.Decode(&tree); errors.Is(err, io.EOF) {
			return Tidy(list), nil
		} else if err != nil {
			return nil, fmt.Errorf("go vet -json: %w", err)
		}
		for pkg, results := range tree {
			for analyzer, result := range results {
				found, err := vetFindings(dir, result)
				if err != nil {
					return nil, fmt.Errorf("go vet -json: analyzer %s on package %s: %w", analyzer, pkg, err)
				}
				list = append(list, found...)
			}
		}
	}
}

// Fix asks the go command to mend what it finds. It says with status 1 that
// findings are left.
func (v *vet) Fix(ctx context.Context, dir string) error {
	_, err := Run(ctx, dir, nil, "go", "vet", "-fix", "-vettool="+v.tool, "./...")
	return err
}

// vetFindings reads what one analyzer says about one package: a list, or an
// object with an error. See JSONTree in x/tools/internal/analysis/driverutil.
func vetFindings(dir string, result json.RawMessage) ([]Finding, error) {
	var diagnostics []struct {
		Category, Posn, Message string
		Related                 []struct{ Posn, Message string }
	}
	if err := json.Unmarshal(result, &diagnostics); err != nil {
		return nil, fmt.Errorf("no list of diagnostics but %s", result)
	}
	var list []Finding
	for _, d := range diagnostics {
		at, err := endAt(dir, d.Posn, d.Message)
		if err != nil {
			return nil, err
		}
		f := Finding{End: at, Category: d.Category}
		for _, r := range d.Related {
			at, err := endAt(dir, r.Posn, r.Message)
			if err != nil {
				return nil, err
			}
			f.Related = append(f.Related, at)
		}
		list = append(list, f)
	}
	return list, nil
}

// endAt reads a position "file:line:column".
func endAt(dir, posn, message string) (End, error) {
	rest, _, ok := cutLast(posn)
	file, line, ok2 := cutLast(rest)
	n, err := strconv.Atoi(line)
	if !ok || !ok2 || err != nil || n < 1 {
		return End{}, fmt.Errorf("position %q is not file:line:column", posn)
	}
	return End{File: Within(dir, file), Line: n, Message: message}, nil
}

// cutLast cuts s at its last colon: names of files may have others.
func cutLast(s string) (before, after string, ok bool) {
	i := strings.LastIndexByte(s, ':')
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+1:], true
}

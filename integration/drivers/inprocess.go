package drivers

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"github.com/hotvet/hotvet/integration/finding"
)

// inProcess is hotvet -driver packages: go/packages loads, and nothing is cached.
type inProcess struct {
	site *Site
	tool string
}

func (*inProcess) Name() string { return "packages" }

func (p *inProcess) Available(ctx context.Context) (err error) {
	p.tool, err = p.site.Hotvet(ctx)
	return err
}

// findingsStatus is the exit status of hotvet when there is something to report.
const findingsStatus = 3

// run runs hotvet, for which findings are no failure.
func (p *inProcess) run(ctx context.Context, dir string, args ...string) ([]byte, error) {
	out, err := Run(ctx, dir, nil, p.tool, append([]string{"-driver", "packages"}, args...)...)
	if exit := new(ExitError); errors.As(err, &exit) && exit.Code == findingsStatus {
		return out, nil
	}
	return out, err
}

func (p *inProcess) Findings(ctx context.Context, dir string) ([]Finding, error) {
	out, err := p.run(ctx, dir, "-format", "json", "./...")
	if err != nil {
		return nil, err
	}
	stream, err := finding.ReadAll(bytes.NewReader(out))
	if err != nil {
		return nil, fmt.Errorf("hotvet -driver packages: %w", err)
	}
	var list []Finding
	for _, m := range stream {
		if m.Finding == nil {
			continue
		}
		f := Finding{End: placeOf(m.Finding.Posn, m.Finding.Message), Category: m.Finding.Category}
		for _, r := range m.Finding.Related {
			f.Related = append(f.Related, placeOf(r.Posn, r.Message))
		}
		list = append(list, f)
	}
	return Tidy(list), nil
}

func placeOf(p finding.Position, message string) End {
	return End{File: p.File, Line: p.Line, Message: message}
}

func (p *inProcess) Fix(ctx context.Context, dir string) error {
	_, err := p.run(ctx, dir, "-fix", "./...")
	return err
}

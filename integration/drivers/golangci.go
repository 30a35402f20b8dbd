package drivers

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
)

// golangci is golangci-lint with the plugin. It shows one line of text for each
// finding, in which the plugin puts all that it knows.
type golangci struct {
	site  *Site
	tool  string
	cache string
}

func (*golangci) Name() string { return "golangci" }

func (g *golangci) Available(ctx context.Context) (err error) {
	if g.cache, err = g.site.Folder("golangci-cache"); err != nil {
		return err
	}
	g.tool, err = g.site.Nested(ctx, "hotvet-golangci")
	return err
}

// golangciConfig is the configuration that hides nothing, as the package comment
// of the plugin tells users to write it. A file that was mended is formatted by
// those formatters only that are enabled, which would also report files.
const golangciConfig = `version: "2"
linters:
  default: none
  enable: [hotvet]
  settings:
    custom:
      hotvet:
        type: module
issues:
  max-issues-per-linter: 0
  max-same-issues: 0
  uniq-by-line: false
formatters:
  enable: [%s]
`

// golangciIssues is the exit status of golangci-lint when there is something to
// report (pkg/exitcodes). It has others for its own failures.
const golangciIssues = 1

func (g *golangci) run(ctx context.Context, dir, formatters string, args ...string) ([]byte, error) {
	config := filepath.Join(g.site.Work, "golangci-"+formatters+".yml")
	if err := os.WriteFile(config, fmt.Appendf(nil, golangciConfig, formatters), 0o666); err != nil {
		return nil, err
	}
	args = append([]string{"run", "--config", config, "--path-mode", "abs", "--output.json.path", "stdout", "--output.text.path", "stderr", "--show-stats=false"}, args...)
	out, err := Run(ctx, dir, []string{"GOLANGCI_LINT_CACHE=" + g.cache}, g.tool, append(args, "./...")...)
	if exit := new(ExitError); errors.As(err, &exit) && exit.Code == golangciIssues {
		return out, nil
	}
	return out, err
}

func (g *golangci) Findings(ctx context.Context, dir string) ([]Finding, error) {
	out, err := g.run(ctx, dir, "")
	if err != nil {
		return nil, err
	}
	var result struct {
		Issues []struct {
			FromLinter, Text string
			Pos              struct {
				Filename string
				Line     int
			}
		}
	}
	if err := json.Unmarshal(out, &result); err != nil {
		return nil, fmt.Errorf("golangci-lint run: %w", err)
	}
	var list []Finding
	for _, issue := range result.Issues {
		at := End{File: Within(dir, issue.Pos.Filename), Line: issue.Pos.Line, Message: issue.Text}
		if issue.FromLinter != "hotvet" {
			return nil, fmt.Errorf("golangci-lint run: %s says %s", issue.FromLinter, at)
		}
		f, err := golangciFinding(at)
		if err != nil {
			return nil, fmt.Errorf("golangci-lint run: %w", err)
		}
		list = append(list, f)
	}
	return Tidy(list), nil
}

// What the plugin writes: "analyzer: message (kind; file:line:column: message; ...)".
var (
	golangciText = regexp.MustCompile(`^(\w+): (.*?) \(([a-z]+)((?:; .*)?)\)$`)
	golangciEnd  = regexp.MustCompile(`^(.+?):(\d+)(?::\d+)?: (.*)$`)
)

// golangciFinding reads the text of an issue, the message of at. Names of files
// in it are relative to the folder of the finding.
func golangciFinding(at End) (Finding, error) {
	m := golangciText.FindStringSubmatch(at.Message)
	if m == nil {
		return Finding{}, fmt.Errorf("text of %s is not in the form of the plugin", at)
	}
	f := Finding{End: End{at.File, at.Line, m[2]}, Category: m[1] + "/" + m[3]}
	for note := range strings.SplitSeq(strings.TrimPrefix(m[4], "; "), "; ") {
		if m[4] == "" {
			break
		}
		e := golangciEnd.FindStringSubmatch(note)
		if e == nil {
			return Finding{}, fmt.Errorf("note %q of %s has no position", note, at)
		}
		line, err := strconv.Atoi(e[2])
		if err != nil {
			return Finding{}, fmt.Errorf("note %q of %s: %w", note, at, err)
		}
		file := e[1]
		if !filepath.IsAbs(file) {
			file = path.Join(path.Dir(at.File), file)
		}
		f.Related = append(f.Related, End{file, line, e[3]})
	}
	return f, nil
}

func (g *golangci) Fix(ctx context.Context, dir string) error {
	_, err := g.run(ctx, dir, "gofmt", "--fix")
	return err
}

package cli

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"

	"github.com/hotvet/hotvet/integration/finding"
)

// A configuration is one way in which packages are built. What it leaves out is as
// the go command has it; tags come on top of those of -tags.
type configuration struct {
	Name   string   `yaml:"name"` // shown with findings; made of the rest if empty
	GOOS   string   `yaml:"goos"`
	GOARCH string   `yaml:"goarch"`
	Cgo    *bool    `yaml:"cgo"`
	Tags   []string `yaml:"tags"`
}

// maxMatrix is the largest file of configurations that is read, in bytes.
const maxMatrix = 1 << 20

// readMatrix reads a file that is a YAML list of configurations.
func readMatrix(path string) ([]configuration, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	data, err := io.ReadAll(io.LimitReader(file, maxMatrix))
	if err != nil {
		return nil, err
	}
	var list []configuration
	if err := yaml.NewDecoder(bytes.NewReader(data), yaml.Strict()).Decode(&list); err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("%s: %s", path, strings.TrimSpace(yaml.FormatError(err, false, true)))
	}
	if len(list) == 0 {
		return nil, fmt.Errorf("%s has no configurations: want a list like [{goos: linux}, {goos: windows, tags: [prod]}]", path)
	}
	names := make(map[string]bool)
	for i := range list {
		c := &list[i]
		if c.Name == "" {
			c.Name = c.describe()
		}
		if names[c.Name] {
			return nil, fmt.Errorf("%s: two configurations are named %q", path, c.Name)
		}
		names[c.Name] = true
	}
	return list, nil
}

// describe makes a name of what the configuration sets.
func (c *configuration) describe() string {
	var parts []string
	switch {
	case c.GOOS != "" && c.GOARCH != "":
		parts = append(parts, c.GOOS+"/"+c.GOARCH)
	case c.GOOS != "" || c.GOARCH != "":
		parts = append(parts, c.GOOS+c.GOARCH)
	}
	if c.Cgo != nil {
		parts = append(parts, map[bool]string{true: "cgo", false: "nocgo"}[*c.Cgo])
	}
	if len(c.Tags) > 0 {
		parts = append(parts, strings.Join(c.Tags, "+"))
	}
	if len(parts) == 0 {
		return "default"
	}
	return strings.Join(parts, ",")
}

// env returns what the configuration adds to the environment of the go command.
func (c *configuration) env() (list []string) {
	if c.GOOS != "" {
		list = append(list, "GOOS="+c.GOOS)
	}
	if c.GOARCH != "" {
		list = append(list, "GOARCH="+c.GOARCH)
	}
	if c.Cgo != nil {
		list = append(list, "CGO_ENABLED="+map[bool]string{true: "1", false: "0"}[*c.Cgo])
	}
	return list
}

// findMatrix runs the analyzers for each configuration and merges what is found by
// id. Each finding says where it holds.
func (inv *invocation) findMatrix(opt *checkOptions, patterns []string) (*checked, error) {
	all := &checked{packages: make(map[string]bool), signals: make(signalUse)}
	byID := make(map[string]*finding.Finding)
	for _, c := range opt.matrix {
		one := *opt
		one.env = c.env()
		one.tags = strings.Join(slices.Concat(split(opt.tags), c.Tags), ",")
		found, err := inv.findOnce(&one, patterns)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", c.Name, err)
		}
		for _, line := range found.errors {
			all.errors = append(all.errors, fmt.Sprintf("%s: %s", c.Name, line))
		}
		for pkg := range found.packages {
			all.packages[pkg] = true
		}
		for _, f := range found.findings {
			if known := byID[f.ID]; known != nil {
				known.Where = append(known.Where, c.Name)
				continue
			}
			f.Where = []string{c.Name}
			byID[f.ID] = f
			all.findings = append(all.findings, f)
		}
	}
	finding.Sort(all.findings)
	return all, nil
}

package main

import (
	"go/build"
	"path/filepath"
	"strings"
)

// setting is what a file needs to be part of a build on this machine.
type setting struct {
	tags string // separated by commas
	goos string // "" for the host's; cgo is off for any other
}

func (s setting) env() []string {
	if s.goos == "" {
		return nil
	}
	return []string{"GOOS=" + s.goos, "CGO_ENABLED=0"}
}

func (s setting) String() string {
	var parts []string
	if s.goos != "" {
		parts = append(parts, "GOOS="+s.goos)
	}
	if s.tags != "" {
		parts = append(parts, "-tags="+s.tags)
	}
	return strings.Join(parts, " ")
}

// settingFor finds the smallest change to the host's build under which file is
// built, as the go command judges its name and its //go:build line: none, then
// tags that the line names, then another system that name or line names. ok is
// false when there is none.
func settingFor(file string) (s setting, ok bool, err error) {
	words, err := buildWords(file)
	if err != nil {
		return setting{}, false, err
	}
	var tags []string
	systems := []string{""}
	for _, w := range words {
		switch {
		case knownOS[w]:
			systems = append(systems, w)
		case !isImplied(w):
			tags = append(tags, w)
		}
	}
	for _, goos := range systems {
		for _, subset := range subsets(tags) {
			s := setting{tags: strings.Join(subset, ","), goos: goos}
			if ok, err := s.builds(file); ok || err != nil {
				return s, ok, err
			}
		}
	}
	return setting{}, false, nil
}

func (s setting) builds(file string) (bool, error) {
	ctx := build.Default
	if s.tags != "" {
		ctx.BuildTags = strings.Split(s.tags, ",")
	}
	if s.goos != "" {
		ctx.GOOS, ctx.CgoEnabled = s.goos, false
	}
	return ctx.MatchFile(filepath.Dir(file), filepath.Base(file))
}

// subsets returns the subsets of the words, small ones first; of more than six
// words, only those of at most one, because a line that needs more is unheard of.
func subsets(words []string) [][]string {
	list := [][]string{nil}
	for size := 1; size <= len(words); size++ {
		for mask := 1; len(words) <= 6 && mask < 1<<len(words); mask++ {
			var subset []string
			for i, w := range words {
				if mask&(1<<i) != 0 {
					subset = append(subset, w)
				}
			}
			if len(subset) == size {
				list = append(list, subset)
			}
		}
	}
	if len(words) > 6 {
		for _, w := range words {
			list = append(list, []string{w})
		}
	}
	return list
}

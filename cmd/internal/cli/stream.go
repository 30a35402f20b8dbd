package cli

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/hotvet/hotvet/integration/finding"
)

// readMessages reads the stream of -findings. It may be a pipe, whose other end may
// never write: an interrupt ends the wait, and with the process the read.
func (inv *invocation) readMessages(name, dir string) ([]*finding.Message, error) {
	type stream struct {
		messages []*finding.Message
		err      error
	}
	done := make(chan stream, 1)
	go func() {
		messages, err := inv.readStreamFile(name, dir)
		done <- stream{messages, err}
	}()
	select {
	case <-inv.ctx.Done():
		return nil, errors.New("interrupted")
	case s := <-done:
		if s.err != nil {
			return nil, fmt.Errorf("-findings %s: %w", name, s.err)
		}
		return s.messages, nil
	}
}

func (inv *invocation) readStreamFile(name, dir string) ([]*finding.Message, error) {
	if name == "-" {
		return finding.ReadAll(inv.stdin)
	}
	if !filepath.IsAbs(name) {
		name = filepath.Join(dir, name)
	}
	file, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return finding.ReadAll(file)
}

// unsuppressed returns the findings that count.
func unsuppressed(messages []*finding.Message) (list []*finding.Finding) {
	for _, m := range messages {
		if m.Finding != nil && !m.Finding.Suppressed {
			list = append(list, m.Finding)
		}
	}
	return list
}

// gaps says why there may be findings that a stream does not have.
func gaps(messages []*finding.Message) (list []string) {
	var configs, summaries int
	for _, m := range messages {
		switch {
		case m.Config != nil:
			configs++
			if !slices.Contains([]string{"check", "confirm"}, m.Config.Command) {
				list = append(list, fmt.Sprintf("it is the stream of hotvet %s, which does not show all findings: give that of hotvet check", m.Config.Command))
			}
		case m.Summary != nil:
			summaries++
			for _, line := range m.Summary.Errors {
				list = append(list, "the analysis failed: "+line)
			}
		}
	}
	if summaries < max(configs, 1) {
		list = append(list, "the stream has no summary: the command that wrote it did not finish")
	}
	return list
}

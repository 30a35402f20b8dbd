package cli

import (
	"os"
	"strings"
	"sync"
	"time"
	"unicode"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"

	"github.com/hotvet/hotvet/integration/finding"
)

const (
	drawAfter = 2 * time.Second // how long a command may be silent on a terminal
	drawEvery = 200 * time.Millisecond
)

// A progressBar shows on a terminal how far a command is. It shows nothing unless
// stderr is a terminal and the command takes its time.
type progressBar struct {
	mu    sync.Mutex
	last  finding.Progress
	end   chan struct{}
	ended sync.WaitGroup
}

// progress starts a bar, which must be ended by done.
func (inv *invocation) progress() *progressBar {
	p := &progressBar{end: make(chan struct{})}
	f, ok := inv.stderr.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return p
	}
	p.ended.Go(func() {
		select {
		case <-p.end:
		case <-time.After(drawAfter):
			p.draw(f)
		}
	})
	return p
}

// show says what is done now. It does not wait for the terminal.
func (p *progressBar) show(what *finding.Progress) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.last = *what
}

// done removes the bar. Nothing is drawn when it has returned.
func (p *progressBar) done() {
	close(p.end)
	p.ended.Wait()
}

func (p *progressBar) draw(f *os.File) {
	tick := time.NewTicker(drawEvery)
	defer tick.Stop()
	var bar *progressbar.ProgressBar
	var drawn finding.Progress
	for {
		p.mu.Lock()
		now := p.last
		p.mu.Unlock()
		if bar == nil || now.Message != drawn.Message || now.Total != drawn.Total {
			erase(bar)
			bar = newBar(f, &now)
		}
		drawn = now
		_ = bar.Set(now.Done) // a terminal that is gone needs no bar
		select {
		case <-p.end:
			erase(bar)
			return
		case <-tick.C:
		}
	}
}

func erase(bar *progressbar.ProgressBar) {
	if bar != nil {
		_ = bar.Clear() // as above
	}
}

// newBar returns a bar for one step of a command. It is drawn by Set only: the
// library's own ticker would outlive it.
func newBar(f *os.File, now *finding.Progress) *progressbar.ProgressBar {
	total := now.Total
	if total <= 0 {
		total = -1 // not known
	}
	width, _, err := term.GetSize(int(f.Fd()))
	if err != nil || width <= 0 {
		width = 80
	}
	return progressbar.NewOptions(total,
		progressbar.OptionSetWriter(f),
		progressbar.OptionSetDescription(oneLine("hotvet: "+now.Message, width/2)),
		progressbar.OptionSetWidth(width/8),
		progressbar.OptionSetElapsedTime(false),
		progressbar.OptionSetPredictTime(false),
		progressbar.OptionSetSpinnerChangeInterval(0),
		progressbar.OptionShowCount())
}

// oneLine returns at most n characters of s, all of which print: a bar can be
// erased only when it keeps to its line.
func oneLine(s string, n int) string {
	runes := []rune(strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return ' '
	}, s))
	if len(runes) <= n {
		return string(runes)
	}
	return string(runes[:max(n-1, 0)]) + "…"
}

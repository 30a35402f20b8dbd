package confirm

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"time"

	"github.com/hotvet/hotvet/integration/finding"
	"github.com/hotvet/hotvet/integration/process"
)

// hold is told of a goroutine that waits, before it loads a state for the second
// time, for a reload. A program that is not told to reload does so by itself.
func (s *session) hold(k *link) {
	s.mu.Lock()
	s.holds++
	s.mu.Unlock()
	if s.Scenario.Ends {
		time.Sleep(400 * time.Millisecond)
		k.release()
	}
}

// arrived is told of every image that starts. What the image before it in the same
// process left is looked at before it runs on.
func (s *session) arrived(k *link) {
	s.mu.Lock()
	before := s.newest(k.pid)
	if before != nil {
		before.End = Replaced
	}
	s.mu.Unlock()
	if before != nil {
		// The connection closes at the exec; what was said before must have been read.
		select {
		case <-before.gone:
		case <-time.After(5 * time.Second):
		}
		s.mu.Lock()
		s.collect(before)
		s.mu.Unlock()
		s.event(before, finding.EventEnded, "replaced by exec")
	}
	m := &image{link: k, Image: &Image{PID: k.pid, Number: k.number, Handed: k.handed}}
	s.mu.Lock()
	s.images = append(s.images, m)
	s.obs.Images = append(s.obs.Images, m.Image)
	s.mu.Unlock()
	s.event(m, finding.EventStarted, "")
	if k.updated {
		s.keepLeft(k.pid)
	}
	k.proceed(s.Scenario.Ends && s.holding)
}

// newest returns the image that a process runs, or ran last.
func (s *session) newest(pid int) (found *image) {
	for _, m := range s.images {
		if m.pid == pid {
			found = m
		}
	}
	return found
}

// collect copies what is known of an image that has ended.
func (s *session) collect(m *image) {
	m.link.mu.Lock()
	m.Image.Main, m.Rates, m.Casts = m.main, m.rates, m.casts
	m.Panics, m.Inside = m.panics, m.inside
	m.Uses, m.Spans, m.Updated = m.uses, m.spans, m.updated
	s.trace(m)
	m.Writers = make(map[int]string)
	for site, path := range m.writers {
		m.Writers[site] = shorten(path, s.own)
	}
	m.link.mu.Unlock()
	m.Counters = readCounters(filepath.Join(s.run.Folder(), countersName, fmt.Sprintf("%d-%d", m.pid, m.number)))
	m.Addresses = readAddresses(filepath.Join(s.run.Folder(), countersName, fmt.Sprintf("%d-%d", m.pid, m.number)))
	s.collectReports(m)
	if m.Files == nil {
		m.Files = inspect(m.files(), s.own)
	}
}

// files returns those that the image is known to write.
func (m *image) files() []watched {
	known := make(map[string]bool)
	for _, w := range m.watched {
		known[w.path] = true
	}
	files := slices.Clone(m.watched)
	for _, path := range m.writerFiles() {
		if !known[path] {
			files = append(files, watched{path: path})
		}
	}
	return files
}

// departed is told that nothing more comes from an image. If its process has ended,
// its files are looked at now: one that goes on beside it may write to the same.
func (s *session) departed(k *link) {
	var m *image
	replaced := func() bool {
		s.mu.Lock()
		defer s.mu.Unlock()
		if i := slices.IndexFunc(s.images, func(m *image) bool { return m.link == k }); i >= 0 {
			m = s.images[i]
		}
		return m == nil || m.End == Replaced
	}
	for wait := 0; wait < 20 && !replaced(); wait++ {
		if process.Ended(k.pid) {
			files := inspect(m.files(), s.own)
			s.mu.Lock()
			m.Files = files
			s.mu.Unlock()
			return
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// look takes note of what all running images have open, before they are told to
// end or to replace themselves.
func (s *session) look(ctx context.Context) {
	s.mu.Lock()
	images := append([]*image(nil), s.images...)
	s.mu.Unlock()
	for _, m := range images {
		if m.ended() {
			continue
		}
		limited, cancel := context.WithTimeout(ctx, 2*time.Second)
		timer, err := m.askTimer(limited)
		cancel()
		files := watch(m.pid, m.writerFiles())
		s.mu.Lock()
		if err == nil {
			m.Last = timer
		}
		m.watched = files
		s.mu.Unlock()
	}
}

// event reports a moment in the life of an image.
func (s *session) event(m *image, what, text string) {
	s.Progress("", &finding.Event{
		Run: string(s.trial), At: float64(time.Since(s.began).Microseconds()) / 1000,
		PID: m.pid, Image: m.number, What: what, Text: text,
	})
}

// happened reports a moment in the life of the image that serves.
func (s *session) happened(what, text string) {
	s.mu.Lock()
	m := s.newest(s.current())
	s.mu.Unlock()
	if m != nil {
		s.event(m, what, text)
	}
}

// current returns the process that serves: the one that was started, or the child
// that it has handed over to.
func (s *session) current() int {
	if m := s.newest(s.proc.PID()); m != nil && !m.ended() {
		return m.pid
	}
	for i := len(s.images) - 1; i >= 0; i-- {
		if !s.images[i].ended() {
			return s.images[i].pid
		}
	}
	return s.proc.PID()
}

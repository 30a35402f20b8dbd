package watching // want package:"lifecycle: catches signals"

// This package calls functions of its users on reload.

import (
	"os"
	"os/signal"
	"syscall"

	"github.com/fsnotify/fsnotify"
)

func File(name string, done <-chan bool, action func()) error { // want File:"lifecycle: reloads by arg2"
	w, err := fsnotify.NewWatcher()
	if err != nil {
		return err
	}
	go func() {
		for {
			select {
			case <-done:
				return
			case event := <-w.Events:
				filter(event, name, action)
			}
		}
	}()
	return w.Add(name)
}

func filter(event fsnotify.Event, name string, action func()) { // want filter:"lifecycle: reloads by arg2"
	if event.Name == name {
		action()
	}
}

func Files(action func(), names ...string) { // want Files:"lifecycle: reloads by arg0"
	for _, name := range names {
		File(name, nil, action)
	}
}

type hangups struct{ reload, rotate func() }

func OnHangup(reload, rotate func()) { // want OnHangup:"lifecycle: reloads by arg0"
	h := &hangups{reload: reload}
	h.rotate = rotate
	go h.run()
}

func (h *hangups) run() {
	c := make(chan os.Signal, 1)
	signal.Notify(c, syscall.SIGHUP, syscall.SIGTERM)
	for {
		switch <-c {
		case syscall.SIGHUP:
			h.reload()
		case syscall.SIGTERM:
			h.rotate()
		}
	}
}

// Each calls its argument before it returns.
func Each(names []string, action func(string)) {
	for _, name := range names {
		action(name)
	}
}

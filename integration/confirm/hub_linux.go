package confirm

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// A hub is the end of the probes' connections on hotvet's side.
type hub struct {
	listener *net.UnixListener
	arrived  func(*link) // called for each image, on a goroutine of its own
	readers  sync.WaitGroup

	mu     sync.Mutex
	links  []*link
	closed bool
}

// A link is the connection to one image. The image is held before its main until
// release is called.
type link struct {
	Image
	conn   net.Conn
	timers chan Timer    // answers to askTimer
	gone   chan struct{} // closed when the image ended, by exec or exit

	mu      sync.Mutex
	hits    map[int]bool   // sites that were executed
	writers map[int]string // absolute path of the file that a site gave to its profile
}

// listen opens a hub on the socket path. Every image that connects is given to
// arrived.
func listen(path string, arrived func(*link)) (*hub, error) {
	// A longer path does not fit into sockaddr_un, see unix(7).
	if len(path) > 107 {
		return nil, fmt.Errorf("socket path %s is too long: set TMPDIR to a shorter folder", path)
	}
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		return nil, err
	}
	h := &hub{listener: l, arrived: arrived}
	h.readers.Add(1)
	go h.accept()
	return h, nil
}

func (h *hub) accept() {
	defer h.readers.Done()
	for {
		conn, err := h.listener.Accept()
		if err != nil {
			return // closed
		}
		k := &link{conn: conn, timers: make(chan Timer), gone: make(chan struct{}), hits: make(map[int]bool), writers: make(map[int]string)}
		h.mu.Lock()
		if h.closed {
			h.mu.Unlock()
			conn.Close()
			return
		}
		h.links = append(h.links, k)
		h.readers.Add(1)
		h.mu.Unlock()
		go func() {
			defer h.readers.Done()
			k.read(h.arrived)
		}()
	}
}

// close ends all connections and waits for their readers.
func (h *hub) close() {
	h.mu.Lock()
	h.closed = true
	links := h.links
	h.mu.Unlock()
	h.listener.Close()
	for _, k := range links {
		k.conn.Close()
	}
	h.readers.Wait()
}

// read handles the lines of one image until it ends. Whatever is not a line of
// the probe ends the connection.
func (k *link) read(arrived func(*link)) {
	defer close(k.gone)
	defer k.conn.Close()
	lines := bufio.NewScanner(k.conn)
	for lines.Scan() {
		verb, rest, _ := strings.Cut(lines.Text(), " ")
		switch verb {
		case "hello":
			if _, err := fmt.Sscan(rest, &k.PID, &k.Timer.Interval, &k.Timer.Left); err != nil {
				return
			}
			arrived(k)
		case "timer":
			var t Timer
			if _, err := fmt.Sscan(rest, &t.Interval, &t.Left); err != nil {
				return
			}
			// Nobody may wait for the answer any more.
			select {
			case k.timers <- t:
			case <-time.After(time.Second):
			}
		case "hit":
			site, err := strconv.Atoi(rest)
			if err != nil {
				return
			}
			k.mu.Lock()
			k.hits[site] = true
			k.mu.Unlock()
		case "writer":
			number, quoted, _ := strings.Cut(rest, " ")
			site, err := strconv.Atoi(number)
			path, quoteErr := strconv.Unquote(quoted)
			if err != nil || quoteErr != nil {
				return
			}
			k.mu.Lock()
			k.writers[site] = path
			k.mu.Unlock()
		default:
			return
		}
	}
}

// release lets the image run on to its main.
func (k *link) release() error {
	_, err := k.conn.Write([]byte{'g'})
	return err
}

// askTimer asks a released image for the present state of its timer.
func (k *link) askTimer(ctx context.Context) (Timer, error) {
	if _, err := k.conn.Write([]byte{'t'}); err != nil {
		return Timer{}, err
	}
	select {
	case t := <-k.timers:
		return t, nil
	case <-k.gone:
		return Timer{}, errors.New("its connection is gone: the program replaced itself unasked, or closes descriptors that are not its own")
	case <-ctx.Done():
		return Timer{}, context.Cause(ctx)
	}
}

// site returns what the image said of a site: whether it was executed, and the
// file behind the writer there, empty when it is not known.
func (k *link) site(i int) (hit bool, file string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.hits[i], k.writers[i]
}

// files returns the files behind all writers.
func (k *link) files() []string {
	k.mu.Lock()
	defer k.mu.Unlock()
	return slices.Collect(maps.Values(k.writers))
}

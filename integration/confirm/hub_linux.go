package confirm

import (
	"bufio"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/hotvet/hotvet/integration/symtab"
)

// A hub is the end of the probes' connections on hotvet's side.
type hub struct {
	listener *net.UnixListener
	arrived  func(*link) // called for each image, on a goroutine of its own
	held     func(*link) // called when a goroutine of an image waits to be released
	left     func(*link) // called when nothing more comes from an image
	readers  sync.WaitGroup

	mu     sync.Mutex
	links  []*link
	closed bool
}

// A link is the connection to one image. The image is held before its main until
// proceed is called.
type link struct {
	pid, number int
	handed      Timer
	conn        net.Conn
	timers      chan Timer    // answers to askTimer
	told        chan struct{} // closed when calls that began earlier are known, after prepare
	stacks      chan string   // answers to askStacks
	named       chan map[uint64]symtab.Answer
	names       map[uint64]symtab.Answer // of the answer that is being read
	gone        chan struct{}            // closed when the image ended, by exec or exit

	mu      sync.Mutex
	main    bool
	writers map[int]string // absolute path of the file that a site gave to its profile
	rates   map[int][2]Timer
	casts   map[int][]Cast
	panics  map[int][]raisedPanic
	inside  map[int][]string
	uses    []Use
	spans   map[int][]Span
	updated bool // it is of the new build
	notes   int  // what was said of sites so far
}

// Limits of what is kept of each site, and of uses in all.
const (
	maxCasts = 100
	maxUses  = 1 << 16
)

// checkSocket refuses a path that does not fit into sockaddr_un (unix(7)).
func checkSocket(path string) error {
	if len(path) > 107 {
		return fmt.Errorf("socket path %s is too long: set TMPDIR to a shorter folder", path)
	}
	return nil
}

// listen opens a hub on the socket path.
func listen(path string, arrived, held, left func(*link)) (*hub, error) {
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		return nil, err
	}
	h := &hub{listener: l, arrived: arrived, held: held, left: left}
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
		k := &link{
			conn: conn, timers: make(chan Timer), gone: make(chan struct{}),
			told: make(chan struct{}), stacks: make(chan string, 1), named: make(chan map[uint64]symtab.Answer, 1),
			panics: make(map[int][]raisedPanic), inside: make(map[int][]string),
			writers: make(map[int]string), rates: make(map[int][2]Timer),
			casts: make(map[int][]Cast),
			spans: make(map[int][]Span),
		}
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
			k.read(h)
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
func (k *link) read(h *hub) {
	defer close(k.gone)
	defer h.left(k)
	defer k.conn.Close()
	lines := bufio.NewScanner(k.conn)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		verb, rest, _ := strings.Cut(lines.Text(), " ")
		if err := k.handle(h, verb, rest); err != nil {
			return
		}
	}
}

var errLine = errors.New("not a line of the probe")

func (k *link) handle(h *hub, verb, rest string) error {
	switch verb {
	case "hello":
		_, err := fmt.Sscan(rest, &k.pid, &k.number, &k.handed.Interval, &k.handed.Left)
		if err == nil {
			h.arrived(k)
		}
		return err
	case "main":
		k.mu.Lock()
		k.main = true
		k.mu.Unlock()
		return nil
	case "update":
		k.updated = true // before hello, and read after it
		return nil
	case "told":
		close(k.told)
		return nil
	case "name":
		return k.addName(rest)
	case "named":
		select {
		case k.named <- k.names:
		default: // nobody waits for it any more
		}
		k.names = nil
		return nil
	case "stacks":
		text, err := strconv.Unquote(rest)
		select {
		case k.stacks <- text:
		default: // nobody waits for it any more
		}
		return err
	case "timer":
		var t Timer
		_, err := fmt.Sscan(rest, &t.Interval, &t.Left)
		// Nobody may wait for the answer any more.
		select {
		case k.timers <- t:
		case <-time.After(time.Second):
		}
		return err
	}
	number, text, _ := strings.Cut(rest, " ")
	site, err := strconv.Atoi(number)
	if err != nil || site < 0 || site >= maxSites {
		return errLine
	}
	if verb == "held" {
		h.held(k)
		return nil
	}
	return k.note(verb, site, text)
}

// note keeps what the image said of a site.
func (k *link) note(verb string, site int, text string) (err error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.notes++
	switch verb {
	case "writer":
		k.writers[site], err = strconv.Unquote(text)
	case "rate":
		var t [2]Timer
		_, err = fmt.Sscan(text, &t[0].Interval, &t[0].Left, &t[1].Interval, &t[1].Left)
		if old, ok := k.rates[site]; !ok || !old[0].Armed() {
			k.rates[site] = t
		}
	case "panic":
		var frames string
		frames, err = strconv.Unquote(text)
		if p := parseRaised(frames); len(p) > 0 && len(k.panics[site]) < maxCasts {
			k.panics[site] = append(k.panics[site], p)
		}
	case "inside":
		var stack string
		stack, err = strconv.Unquote(text)
		if len(k.inside[site]) < maxCasts {
			k.inside[site] = append(k.inside[site], stack)
		}
	case "cast":
		var c Cast
		c, err = parseCast(text)
		if c.Order = k.notes; err == nil && len(k.casts[site]) < maxCasts {
			k.casts[site] = append(k.casts[site], c)
		}
	case "use":
		if len(k.uses) < maxUses {
			k.uses = append(k.uses, Use{Number: site, Value: text, Order: k.notes})
		}
	case "short":
		var sp Span
		_, err = fmt.Sscan(text, &sp.Have, &sp.Want)
		if len(k.spans[site]) < maxCasts {
			k.spans[site] = append(k.spans[site], sp)
		}
	default:
		err = errLine
	}
	return err
}

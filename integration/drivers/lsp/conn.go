package lsp

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/textproto"
	"strconv"
	"sync"
)

// maxMessage bounds what a server may send at once, in bytes: many times the
// diagnostics of a large file.
const maxMessage = 64 << 20

// A message is any message of JSON-RPC 2.0: a request has Method and ID, a
// notification only Method, a response only ID.
type message struct {
	Version string           `json:"jsonrpc"`
	ID      *json.RawMessage `json:"id,omitempty"`
	Method  string           `json:"method,omitempty"`
	Params  json.RawMessage  `json:"params,omitempty"`
	Result  json.RawMessage  `json:"result,omitempty"`
	Error   *responseError   `json:"error,omitempty"`
}

type responseError struct {
	Code    int    `json:"code"`
	Message string `json:"message"`
}

func (e *responseError) Error() string { return fmt.Sprintf("%s (code %d)", e.Message, e.Code) }

// readMessage reads one message and its header, see the base protocol in the
// specification of LSP 3.17.
func readMessage(r *bufio.Reader) (*message, error) {
	header, err := textproto.NewReader(r).ReadMIMEHeader()
	if err != nil {
		return nil, err
	}
	n, err := strconv.Atoi(header.Get("Content-Length"))
	if err != nil || n < 0 || n > maxMessage {
		return nil, fmt.Errorf("header Content-Length %q is not a size up to %d", header.Get("Content-Length"), maxMessage)
	}
	data := make([]byte, n)
	if _, err := io.ReadFull(r, data); err != nil {
		return nil, err
	}
	m := new(message)
	return m, json.Unmarshal(data, m)
}

// conn is one end of a connection.
type conn struct {
	w       io.Writer
	writing sync.Mutex

	mu      sync.Mutex
	last    int                      // id of the last request
	waiting map[string]chan *message // by id
	err     error                    // why reading ended
	done    chan struct{}            // closed when it did
}

func newConn(w io.Writer) *conn {
	return &conn{w: w, waiting: make(map[string]chan *message), done: make(chan struct{})}
}

func (c *conn) write(m *message) error {
	m.Version = "2.0"
	data, err := json.Marshal(m)
	if err != nil {
		return err
	}
	c.writing.Lock()
	defer c.writing.Unlock()
	_, err = fmt.Fprintf(c.w, "Content-Length: %d\r\n\r\n%s", len(data), data)
	return err
}

func (c *conn) notify(method string, params any) error {
	data, err := json.Marshal(params)
	if err != nil {
		return err
	}
	return c.write(&message{Method: method, Params: data})
}

// call sends a request and decodes the answer into result, if that is not nil.
func (c *conn) call(ctx context.Context, method string, params, result any) error {
	data, err := json.Marshal(params)
	if err != nil {
		return err
	}
	answer := make(chan *message, 1)
	c.mu.Lock()
	c.last++
	id := json.RawMessage(strconv.Itoa(c.last))
	c.waiting[string(id)] = answer
	c.mu.Unlock()
	defer func() {
		c.mu.Lock()
		delete(c.waiting, string(id))
		c.mu.Unlock()
	}()

	if err := c.write(&message{ID: &id, Method: method, Params: data}); err != nil {
		return fmt.Errorf("%s: %w", method, err)
	}
	select {
	case m := <-answer:
		if m.Error != nil {
			return fmt.Errorf("%s: %w", method, m.Error)
		}
		if result == nil {
			return nil
		}
		return json.Unmarshal(m.Result, result)
	case <-c.done:
		return fmt.Errorf("%s: no answer: %w", method, c.err)
	case <-ctx.Done():
		return fmt.Errorf("%s: no answer: %w", method, ctx.Err())
	}
}

// read serves what the other end sends until it ends. The handler gets requests
// and notifications; what it returns answers a request.
func (c *conn) read(r io.Reader, handle func(method string, params json.RawMessage) any) {
	defer close(c.done)
	for in := bufio.NewReader(r); ; {
		m, err := readMessage(in)
		if err != nil {
			if errors.Is(err, io.EOF) {
				err = errors.New("the server has ended")
			}
			c.err = err
			return
		}
		switch {
		case m.Method == "" && m.ID != nil:
			c.mu.Lock()
			answer := c.waiting[string(*m.ID)]
			delete(c.waiting, string(*m.ID)) // a second answer has no reader
			c.mu.Unlock()
			if answer != nil {
				answer <- m
			}
		case m.ID != nil:
			result, err := json.Marshal(handle(m.Method, m.Params))
			if err == nil {
				err = c.write(&message{ID: m.ID, Result: result})
			}
			if err != nil {
				c.err = err
				return
			}
		default:
			handle(m.Method, m.Params)
		}
	}
}

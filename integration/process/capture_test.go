//go:build linux

package process

import "testing"

// What was written is there after a flush, whether or not anybody follows and
// although the pipe is still open for writing.
func TestFlush(t *testing.T) {
	c, write, err := newCapture()
	if err != nil {
		t.Fatal(err)
	}
	defer write.Close()
	if _, err := write.WriteString("last words"); err != nil {
		t.Fatal(err)
	}
	c.flush()
	if got := c.tail.String(); got != "last words" {
		t.Errorf("got %q", got)
	}
	go c.follow()
	c.close()
	c.flush() // of what is closed does nothing
}

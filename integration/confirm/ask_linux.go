package confirm

import (
	"context"
	"encoding/binary"
	"errors"
	"strconv"
	"strings"
	"syscall"

	"github.com/hotvet/hotvet/integration/symtab"
)

// proceed lets the image run on to its main. With hold, goroutines are then held
// as after [link.arm].
func (k *link) proceed(hold bool) {
	if hold {
		k.send('G')
		return
	}
	k.send('g')
}

// arm has one goroutine held at every site that holds, until they are released.
func (k *link) arm() { k.send('h') }

// prepare asks the image, once, to know apart the calls of C that have begun from
// those that will.
//
// It has the image sent a signal at that moment, unless that is 0, and reports
// whether it was.
func (k *link) prepare(ctx context.Context, raise syscall.Signal) bool {
	_, _ = k.conn.Write([]byte{'c', byte(raise)}) // at once: others send too
	select {
	case <-k.told:
		return raise > 0
	case <-k.gone:
		return raise > 0
	case <-ctx.Done():
	}
	return false
}

// askStacks asks a running image for the stacks of its goroutines, empty when it
// does not answer.
func (k *link) askStacks(ctx context.Context) string {
	k.send('s')
	select {
	case text := <-k.stacks:
		return text
	case <-k.gone:
	case <-ctx.Done():
	}
	return ""
}

// addName reads what the image says of one address.
func (k *link) addName(text string) error {
	pc, rest, _ := strings.Cut(text, " ")
	entry, name, _ := strings.Cut(rest, " ")
	at, err := strconv.ParseUint(pc, 16, 64)
	begin, entryErr := strconv.ParseUint(entry, 16, 64)
	if err != nil || entryErr != nil || len(k.names) > maxNames {
		return errLine
	}
	if k.names == nil {
		k.names = make(map[uint64]symtab.Answer)
	}
	k.names[at] = symtab.Answer{Name: name, Entry: begin}
	return nil
}

// maxNames is how many addresses an image is asked about at once, at most.
const maxNames = 1 << 16

// askNames asks a running image which functions are at addresses. The answer to 0 is
// about the probe's own function Main.
func (k *link) askNames(ctx context.Context, pcs []uint64) (map[uint64]symtab.Answer, error) {
	request := binary.LittleEndian.AppendUint32([]byte{'n'}, uint32(len(pcs)))
	for _, pc := range pcs {
		request = binary.LittleEndian.AppendUint64(request, pc)
	}
	if _, err := k.conn.Write(request); err != nil {
		return nil, err
	}
	select {
	case names := <-k.named:
		return names, nil
	case <-k.gone:
		return nil, errors.New("the image ended before it answered")
	case <-ctx.Done():
		return nil, errors.New("the image does not answer")
	}
}

// release lets the goroutines that are held at sites run on.
func (k *link) release() { k.send('r') }

// send asks something of an image. One that has ended needs nothing.
func (k *link) send(request byte) { _, _ = k.conn.Write([]byte{request}) }

// askTimer asks a running image for the present state of its timer.
func (k *link) askTimer(ctx context.Context) (Timer, error) {
	k.send('t')
	select {
	case t := <-k.timers:
		return t, nil
	case <-k.gone:
		return Timer{}, errors.New("its connection is gone: the program replaced itself unasked, or closes descriptors that are not its own")
	case <-ctx.Done():
		return Timer{}, context.Cause(ctx)
	}
}

// ended reports whether the image has ended.
func (k *link) ended() bool {
	select {
	case <-k.gone:
		return true
	default:
		return false
	}
}

// writerFiles returns the files behind all writers.
func (k *link) writerFiles() (list []string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, path := range k.writers {
		list = append(list, path)
	}
	return list
}

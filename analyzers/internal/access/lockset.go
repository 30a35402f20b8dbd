package access

import (
	"go/types"
	"maps"

	"github.com/hotvet/hotvet/analyzers/internal/lifecycle"
)

// Locks are the locks held at a point. The value says whether exclusively.
type Locks map[types.Object]bool

// anyLock stands for a lock whose identity is not known.
var anyLock types.Object = types.NewLabel(0, nil, "any lock")

// all is the set of all locks, the start of the must-analysis.
var all = Locks{nil: true}

func (l Locks) isAll() bool { return l[nil] }

// with returns the union of both sets.
func (l Locks) with(m Locks) Locks {
	if len(m) == 0 || m.isAll() {
		return l
	}
	if len(l) == 0 {
		return m
	}
	u := maps.Clone(l)
	for k, excl := range m {
		u[k] = u[k] || excl
	}
	return u
}

// meet returns the locks of both sets, the weaker mode of each.
func (l Locks) meet(m Locks) Locks {
	switch {
	case l.isAll():
		return m
	case m.isAll():
		return l
	}
	var u Locks
	for k, excl := range l {
		if other, ok := m[k]; ok {
			if u == nil {
				u = make(Locks)
			}
			u[k] = excl && other
		}
	}
	return u
}

func (l Locks) equal(m Locks) bool { return maps.Equal(l, m) }

// Exclude reports whether l and m cannot be held at the same time by two
// goroutines: some lock is in both, in one of them exclusively.
func (l Locks) Exclude(m Locks) bool {
	if _, ok := l[anyLock]; ok {
		return true
	}
	if _, ok := m[anyLock]; ok {
		return true
	}
	for k, excl := range l {
		if other, ok := m[k]; ok && (excl || other) {
			return true
		}
	}
	return false
}

func (h holding) equal(k holding) bool { return h.must.equal(k.must) && h.may.equal(k.may) }

func (h holding) drop(lock types.Object, dropped map[types.Object]bool) holding {
	return holding{drop(h.must, lock, dropped), drop(h.may, lock, nil)}
}

// IsLock reports whether a call takes or drops a lock.
func IsLock(c *lifecycle.Call) bool { return lockVerb(c) != "" }

// lockVerb is what a call does to a lock: one of the model's words, or "".
func lockVerb(c *lifecycle.Call) string {
	if c.Static == nil || len(c.Expr.Args) > 0 {
		return ""
	}
	// Every lock keeps to these names, those of sync.Locker and sync.RWMutex.
	if !lockWords[c.Static.Name()] {
		return ""
	}
	for _, r := range lifecycle.Roles(c.Static) {
		if r.Object == "recv" && lockVerbs[r.Verb] {
			return r.Verb
		}
	}
	recv := c.Static.Signature().Recv()
	if recv == nil || len(c.Funcs) > 0 || !isLocker(recv.Type()) {
		return ""
	}
	return lockNames[c.Static.Name()]
}

var lockWords = map[string]bool{"Lock": true, "Unlock": true, "RLock": true, "RUnlock": true, "TryLock": true, "TryRLock": true}

var lockVerbs = map[string]bool{"locks": true, "unlocks": true, "rlocks": true, "runlocks": true, "trylocks": true, "tryrlocks": true}

var lockNames = map[string]string{"Lock": "locks", "Unlock": "unlocks", "RLock": "rlocks", "RUnlock": "runlocks"}

// isLocker reports whether t has the methods of sync.Locker.
func isLocker(t types.Type) bool {
	for _, name := range []string{"Lock", "Unlock"} {
		obj, _, _ := types.LookupFieldOrMethod(t, true, nil, name)
		fn, ok := obj.(*types.Func)
		if !ok || fn.Signature().Params().Len() > 0 || fn.Signature().Results().Len() > 0 {
			return false
		}
	}
	return true
}

func drop(held Locks, lock types.Object, dropped map[types.Object]bool) Locks {
	if _, ok := held[lock]; ok {
		held = maps.Clone(held)
		delete(held, lock)
	} else if dropped != nil {
		dropped[lock] = true
	}
	return held
}

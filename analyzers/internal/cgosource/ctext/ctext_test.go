package ctext

import (
	"slices"
	"strings"
	"testing"
)

const service = `
#include <pthread.h>
#ifdef _WIN32
static void spawn(void) { CreateThread(0, 0, other, 0, 0, 0); }
#else
typedef void (*event_cb)(int);
extern void goEvent(int);
extern void goLog(const char *msg), *goOther(void);
struct ops { event_cb cb; int n; };
static struct ops table = { .cb = goEvent, .n = 2 };
static event_cb saved;
static pthread_mutex_t mu = PTHREAD_MUTEX_INITIALIZER;
static void *worker(void *arg) {
	struct ops *o = (struct ops *)arg;
	pthread_mutex_lock(&mu);
	o->cb(1); /* goLog() in a comment */
	pthread_mutex_unlock(&mu);
	(*saved)(2);
	return NULL;
}
void start(void) { pthread_t t; pthread_create(&t, NULL, (void *(*)(void *))&worker, &table); }
void keep(event_cb f) { saved = f; }
static struct { event_cb fn; } bus;
void subscribe(event_cb fn) { bus.fn = fn; }
void publish(int n) { bus.fn(n); }
int apply(void *h, int (*fn)(void *, int), ...) { return fn(h, 1); }
#endif
__attribute__((constructor)) static void early(void) { goLog("}"); }
static void late(void) __attribute__((destructor));
static void late(void) { if (saved) { saved(3); } }
`

func names(list []Reached) []string {
	var out []string
	for _, r := range list {
		out = append(out, r.Entry)
	}
	slices.Sort(out)
	return out
}

func TestProgram(t *testing.T) {
	p := NewProgram([]*Unit{Parse(service, "linux")}, []string{"goEvent", "goLog", "goKept"})
	p.Pass("keep", 0, "goKept")
	p.Pass("subscribe", 0, "goLog")
	for _, test := range []struct{ root, want string }{
		{"worker", "goEvent goKept"},
		{"early", "goLog"},
		{"late", "goKept"},
		{"publish", "goLog"}, // a member with the name of a parameter
		{"start", ""},        // the thread is not a call
		{"goLog", "goLog"},
	} {
		if got := strings.Join(names(p.Reach(test.root)), " "); got != test.want {
			t.Errorf("Reach(%s) = %q, want %q", test.root, got, test.want)
		}
	}
	roots := map[string][]Root{
		"worker": p.ThreadRoots(),
		"early":  p.Constructors(),
		"late":   p.ExitHandlers(),
	}
	for want, list := range roots {
		if len(list) != 1 || list[0].Name != want {
			t.Errorf("roots = %v, want only %s", list, want)
		}
	}
	w := p.Func("worker")
	for _, c := range w.Calls {
		_, held := HoldsLock(w, c.Off)
		if want := c.Callee == ".cb" || IsUnlock(c); held != want {
			t.Errorf("mutex held at the call of %s: %v, want %v", c.Callee, held, want)
		}
	}
	if f := p.Func("apply"); len(f.Params) != 3 || !f.Params[1].Callback || f.Params[1].Name != "fn" {
		t.Errorf("parameters of apply = %+v", f.Params)
	}
}

func TestWindowsBranch(t *testing.T) {
	p := NewProgram([]*Unit{Parse(service, "windows")}, []string{"other"})
	if roots := p.ThreadRoots(); len(roots) != 1 || roots[0].Name != "other" {
		t.Errorf("thread roots on windows = %v, want other", roots)
	}
	if p.Func("worker") != nil {
		t.Error("the other branch was read as well")
	}
}

func TestSignalHandlers(t *testing.T) {
	const src = `
static void on_usr1(int n) { goSignal(n); }
void a(void) { struct sigaction sa = { .sa_handler = on_usr1 }; sigaction(SIGUSR1, &sa, 0); }
void b(void) { signal(SIGTERM, goTerm); }
void c(void) { struct sigaction sa; sa.sa_handler = SIG_IGN; sigaction(SIGHUP, &sa, NULL); }
`
	p := NewProgram([]*Unit{Parse(src, "linux")}, []string{"goSignal", "goTerm"})
	var got []string
	for _, r := range p.SignalHandlers() {
		got = append(got, r.Name)
	}
	slices.Sort(got)
	if want := []string{"goTerm", "on_usr1"}; !slices.Equal(got, want) {
		t.Errorf("signal handlers = %v, want %v", got, want)
	}
}

func TestPrototypes(t *testing.T) {
	const src = `
extern int hook(void *handle);
SQLITE_API void *install(sqlite3 *db, int (*cb)(void *), void *arg);
typedef int (*unused)(void);
int value = 3;
`
	u := Parse(src, "linux")
	if len(u.Protos) != 2 || u.Protos[0].Name != "hook" || u.Protos[1].Name != "install" {
		t.Fatalf("prototypes = %+v", u.Protos)
	}
	cb := u.Protos[1].Params[1]
	if !cb.Callback || cb.Name != "cb" || len(cb.Type) != 1 || !cb.Type[0].Is("int") {
		t.Errorf("callback parameter = %+v", cb)
	}
}

// Fuzz holds that no text makes the reader panic, and that what it reads lies
// inside the text.
func Fuzz(f *testing.F) {
	f.Add(service)
	for _, s := range []string{"", "(", ")", "{", "}", "f(", "f)(", "(*", "(*x)(", "#if", "#else\n#endif\n#endif", "a = {", "= b",
		"int f(int (*)(", "x = (y) = z]", "'", "\"\\", "/*", "\\\n", "void f(void) { (*a)(", "int f(void){)}",
		"__attribute__", "__attribute__(", "int f(a[]) {", "namespace {", "extern \"C\" {", "[x] = 1"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, src string) {
		end := 0
		for _, tok := range Tokens(src, "linux") {
			if tok.Off < end || tok.Off+len(tok.Text) > len(src) || src[tok.Off:tok.Off+len(tok.Text)] != tok.Text {
				t.Fatalf("token %+v does not lie behind %d in the text", tok, end)
			}
			end = tok.Off + len(tok.Text)
		}
		p := NewProgram([]*Unit{Parse(src, "linux")}, []string{"goEvent"})
		for _, fn := range p.Funcs() {
			p.Reach(fn.Name)
		}
		p.ThreadRoots()
		p.SignalHandlers()
		p.ExitHandlers()
	})
}

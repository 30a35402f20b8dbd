package ctext

// A Unit is what one C file or preamble defines.
type Unit struct {
	Funcs  []*Func  // definitions
	Protos []*Func  // declarations without a body
	Inits  []Assign // addresses stored by initializers outside functions
}

// A Func is a C function, defined or declared.
type Func struct {
	Name    string
	Unit    *Unit
	Result  []Token // return type with storage words, attributes left out
	Params  []Param
	Off     int  // of the name
	Ctor    bool // __attribute__((constructor))
	Dtor    bool // __attribute__((destructor))
	Calls   []Call
	Assigns []Assign
	locals  map[string]bool
}

// A Param is one parameter. A parameter that is a pointer to a function has
// the type of its result in Type and Callback set.
type Param struct {
	Name     string
	Type     []Token
	Callback bool
}

// A Call is one call. Callee is the last identifier of what is called: the
// function, or the variable or member that holds its address. Members are
// written with a dot before the name, here and in arguments and assignments.
type Call struct {
	Callee string
	Args   []string
	Off    int
}

// An Assign stores the value of one name in another: the last identifiers of
// both sides. Null is set for the constants 0 and NULL.
type Assign struct {
	To, From string
	Null     bool
	Off      int
}

// Parse reads one file or preamble as goos would see it.
func Parse(src, goos string) *Unit {
	p := parser{toks: Tokens(src, goos), unit: new(Unit)}
	for p.pos < len(p.toks) {
		p.external()
	}
	return p.unit
}

type parser struct {
	toks []Token
	pos  int
	unit *Unit
}

// external reads one declaration or definition at file level.
func (p *parser) external() {
	start := p.pos
	for p.pos < len(p.toks) {
		switch t := p.toks[p.pos]; {
		case t.Is("("):
			p.pos = closing(p.toks, p.pos)
		case t.Is(";"):
			p.declaration(p.toks[start:p.pos])
			p.pos++
			return
		case t.Is("}"): // of extern "C" { or namespace {
			p.pos++
			return
		case t.Is("{"):
			p.block(p.toks[start:p.pos])
			return
		default:
			p.pos++
		}
	}
}

// block reads what follows head and stands in braces.
func (p *parser) block(head []Token) {
	if opensScope(head) {
		p.pos++
		return
	}
	open := p.pos
	p.pos = closing(p.toks, open)
	body := p.toks[open+1 : max(open+1, p.pos-1)]
	if f := header(head); f != nil {
		f.Unit = p.unit
		f.Calls, f.Assigns, f.locals = calls(body), assigns(body), locals(body)
		p.unit.Funcs = append(p.unit.Funcs, f)
		return
	}
	if hasToken(head, "=") {
		p.unit.Inits = append(p.unit.Inits, assigns(body)...)
		p.unit.Inits = append(p.unit.Inits, positional(head, body)...)
	}
}

// declaration reads what ends with a semicolon.
func (p *parser) declaration(head []Token) {
	if hasToken(head, "=") {
		p.unit.Inits = append(p.unit.Inits, assigns(head)...)
		return
	}
	if len(head) > 0 && head[0].Is("typedef") {
		return
	}
	if f := header(head); f != nil {
		f.Unit = p.unit
		p.unit.Protos = append(p.unit.Protos, f)
	}
}

// opensScope reports whether the braces after head hold declarations.
func opensScope(head []Token) bool {
	if len(head) == 0 {
		return false
	}
	if head[0].Is("namespace") {
		return true
	}
	return len(head) == 2 && head[0].Is("extern") && head[1].Kind == Text
}

// header reads the head of a function, or returns nil.
func header(head []Token) *Func {
	f := new(Func)
	for i := 0; i < len(head); i++ {
		t := head[i]
		switch {
		case t.Is("="), t.Is("["):
			return nil
		case isAttribute(t) && i+1 < len(head) && head[i+1].Is("("):
			end := closing(head, i+1)
			f.attributes(head[i:end])
			i = end - 1
		case t.Is("("):
			if f.Name != "" || i == 0 || head[i-1].Kind != Ident || keywords[head[i-1].Text] {
				return nil
			}
			end := closing(head, i)
			f.Name, f.Off = head[i-1].Text, head[i-1].Off
			f.Result = f.Result[:len(f.Result)-1]
			f.Params = params(head[i+1 : max(i+1, end-1)])
			i = end - 1
		case f.Name == "":
			f.Result = append(f.Result, t)
		}
	}
	if f.Name == "" || len(f.Result) == 0 {
		return nil
	}
	return f
}

func isAttribute(t Token) bool {
	return t.Is("__attribute__") || t.Is("__attribute") || t.Is("__declspec") || t.Is("_Alignas")
}

func (f *Func) attributes(toks []Token) {
	for _, t := range toks {
		f.Ctor = f.Ctor || t.Is("constructor") || t.Is("__constructor__")
		f.Dtor = f.Dtor || t.Is("destructor") || t.Is("__destructor__")
	}
}

func params(toks []Token) []Param {
	var list []Param
	for _, part := range split(toks) {
		if len(part) == 1 && part[0].Is("void") {
			continue
		}
		list = append(list, param(part))
	}
	return list
}

// param reads one parameter: "const char *name", or "int (*name)(void *)".
func param(toks []Token) Param {
	for i, t := range toks {
		if !t.Is("(") {
			continue
		}
		prm := Param{Type: toks[:i], Callback: i+1 < len(toks) && toks[i+1].Is("*")}
		for _, t := range toks[i+1 : closing(toks, i)] {
			if t.Kind == Ident {
				prm.Name = t.Text
			}
		}
		return prm
	}
	last := len(toks) - 1
	if last > 0 && toks[last].Kind == Ident && !keywords[toks[last].Text] && !typeWords[toks[last].Text] {
		return Param{Name: toks[last].Text, Type: toks[:last]}
	}
	return Param{Type: toks}
}

// closing returns the index behind the bracket that closes the one at open, or
// the end of toks.
func closing(toks []Token, open int) int {
	depth := 0
	for i := open; i < len(toks); i++ {
		switch {
		case toks[i].Kind != Punct:
		case toks[i].Text == "(" || toks[i].Text == "{" || toks[i].Text == "[":
			depth++
		case toks[i].Text == ")" || toks[i].Text == "}" || toks[i].Text == "]":
			if depth--; depth == 0 {
				return i + 1
			}
		}
	}
	return len(toks)
}

// split cuts toks at the commas outside brackets.
func split(toks []Token) [][]Token {
	var parts [][]Token
	start := 0
	for i := 0; i < len(toks); i++ {
		switch t := toks[i]; {
		case t.Is("("), t.Is("{"), t.Is("["):
			i = closing(toks, i) - 1
		case t.Is(","):
			parts = append(parts, toks[start:i])
			start = i + 1
		}
	}
	if start < len(toks) {
		parts = append(parts, toks[start:])
	}
	return parts
}

func hasToken(toks []Token, s string) bool {
	for _, t := range toks {
		if t.Is(s) {
			return true
		}
	}
	return false
}

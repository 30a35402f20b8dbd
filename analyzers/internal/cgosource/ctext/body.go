package ctext

// keywords look like calls before a parenthesis, or like names, and are neither.
var keywords = words("if", "for", "while", "switch", "return", "sizeof", "do", "else", "case", "goto", "break",
	"continue", "defined", "_Alignof", "alignof", "typeof", "__typeof__", "_Generic", "__asm__", "asm",
	"catch", "new", "delete", "throw", "static_assert", "_Static_assert")

// typeWords are the words of C types that are no names.
var typeWords = words("void", "char", "short", "int", "long", "float", "double", "signed", "unsigned", "_Bool",
	"const", "volatile", "restrict", "static", "extern", "inline", "struct", "union", "enum", "register")

func words(list ...string) map[string]bool {
	set := make(map[string]bool, len(list))
	for _, w := range list {
		set[w] = true
	}
	return set
}

// calls lists the calls in a function body, nested ones included.
func calls(body []Token) []Call {
	var list []Call
	for i := 1; i < len(body); i++ {
		if !body[i].Is("(") {
			continue
		}
		call, ok := callee(body, i)
		if !ok {
			continue
		}
		for _, arg := range split(body[i+1 : max(i+1, closing(body, i)-1)]) {
			call.Args = append(call.Args, lastName(arg))
		}
		list = append(list, call)
	}
	return list
}

// callee reads what stands before the parenthesis at i.
func callee(body []Token, i int) (Call, bool) {
	t := body[i-1]
	switch {
	case t.Kind == Ident && !keywords[t.Text] && !typeWords[t.Text]:
		return Call{Callee: nameAt(body, i-1), Off: t.Off}, true
	case t.Is(")"):
		return starCallee(body, i-1)
	case t.Is("]"): // table[i](...)
		if j := opening(body, i-1) - 1; j >= 0 && body[j].Kind == Ident {
			return Call{Callee: nameAt(body, j), Off: body[j].Off}, true
		}
	}
	return Call{}, false
}

// starCallee reads (*name) or (*p->name), which ends at i. A parenthesis
// without the star is a cast.
func starCallee(body []Token, i int) (Call, bool) {
	name := i - 1
	if name < 0 || body[name].Kind != Ident {
		return Call{}, false
	}
	for j := name - 1; j >= 0; j-- {
		if body[j].Is("(") {
			ok := body[j+1].Is("*")
			return Call{Callee: nameAt(body, name), Off: body[name].Off}, ok
		}
		if body[j].Kind != Ident && !body[j].Is("->") && !body[j].Is(".") && !body[j].Is("*") {
			break
		}
	}
	return Call{}, false
}

// nameAt returns the identifier at i. A member has a dot before its name, so
// that it is not taken for a variable or a parameter.
func nameAt(toks []Token, i int) string {
	if i > 0 && (toks[i-1].Is("->") || toks[i-1].Is(".")) {
		return "." + toks[i].Text
	}
	return toks[i].Text
}

// lastName returns the identifier whose value an expression is, casts and
// address operators left out: "worker" of "(void *(*)(void *))&worker". Calls,
// arithmetic and literals have none.
func lastName(expr []Token) string {
	for len(expr) > 2 && expr[0].Is("(") && closing(expr, 0) == len(expr) {
		expr = expr[1 : len(expr)-1]
	}
	if len(expr) == 0 {
		return ""
	}
	if last := expr[len(expr)-1]; last.Kind == Ident && !keywords[last.Text] && !typeWords[last.Text] {
		return nameAt(expr, len(expr)-1)
	}
	return ""
}

// assigns lists the assignments and initializations in toks.
func assigns(toks []Token) []Assign {
	var list []Assign
	for i := 1; i < len(toks); i++ {
		if !toks[i].Is("=") {
			continue
		}
		to := target(toks[:i])
		if to == "" {
			continue
		}
		value := toks[i+1 : valueEnd(toks, i+1)]
		from := lastName(value)
		null := from == "NULL" || from == "nullptr" || len(value) == 1 && value[0].Text == "0"
		list = append(list, Assign{To: to, From: from, Null: null, Off: toks[i].Off})
	}
	return list
}

// target returns the name that the tokens before an equals sign end with. A
// declared pointer to a function has its name inside: void (*cb)(int) = f.
func target(lhs []Token) string {
	i := len(lhs) - 1
	if lhs[i].Is("]") || lhs[i].Is(")") {
		i = opening(lhs, i) - 1
	}
	if i >= 0 && (lhs[i].Is(")") || lhs[i].Is("]")) {
		i--
	}
	if i >= 0 && lhs[i].Kind == Ident {
		return nameAt(lhs, i)
	}
	return ""
}

// opening returns the index of the bracket that the one at end closes, or 0.
func opening(toks []Token, end int) int {
	depth := 0
	for i := end; i >= 0; i-- {
		switch {
		case toks[i].Is(")"), toks[i].Is("]"):
			depth++
		case toks[i].Is("("), toks[i].Is("["):
			if depth--; depth == 0 {
				return i
			}
		}
	}
	return 0
}

func valueEnd(toks []Token, i int) int {
	for ; i < len(toks); i++ {
		switch t := toks[i]; {
		case t.Is("("), t.Is("["):
			i = closing(toks, i) - 1
		case t.Is(";"), t.Is(","), t.Is("}"), t.Is(")"), t.Is("{"):
			return i
		}
	}
	return len(toks)
}

// positional reads an initializer without member names: every name in it is
// stored in the variable that head declares.
func positional(head, body []Token) []Assign {
	var list []Assign
	to := ""
	for i, t := range head {
		if t.Is("=") && i > 0 {
			to = target(head[:i])
		}
	}
	if to == "" {
		return nil
	}
	for _, part := range split(body) {
		if from := lastName(part); from != "" && !hasToken(part, "=") {
			list = append(list, Assign{To: to, From: from, Off: part[0].Off})
		}
	}
	return list
}

// locals returns the names that a body declares: those behind a type's name, or
// behind the star of a pointer declared where a statement begins.
func locals(body []Token) map[string]bool {
	set := make(map[string]bool)
	for i := 1; i+1 < len(body); i++ {
		t, prev, next := body[i], body[i-1], body[i+1]
		if t.Kind != Ident || keywords[t.Text] || typeWords[t.Text] {
			continue
		}
		typed := prev.Kind == Ident && !keywords[prev.Text] || prev.Is("*") && i >= 2 && body[i-2].Kind == Ident && !keywords[body[i-2].Text]
		if typed && (next.Is("=") || next.Is(";") || next.Is(",") || next.Is("[")) {
			set[t.Text] = true
		}
	}
	return set
}

// Clears reports whether f stores a null in something that outlives its call.
func (f *Func) Clears() bool {
	for _, a := range f.Assigns {
		if a.Null && !f.locals[a.To] && !f.hasParam(a.To) {
			return true
		}
	}
	return false
}

func (f *Func) hasParam(name string) bool {
	for _, prm := range f.Params {
		if prm.Name == name {
			return true
		}
	}
	return false
}

package document

import (
	"bytes"
	"encoding/xml"
	"fmt"
)

// markup writes elements. Whatever comes in as a value is escaped; only names are not, and
// those are ours.
type markup struct{ b bytes.Buffer }

// in writes an element and its content; attributes are names and values in turn.
func (m *markup) in(name string, content func(), attributes ...any) {
	m.open(name, attributes)
	m.b.WriteByte('>')
	content()
	m.b.WriteString("</" + name + ">")
}

// at writes an element without content.
func (m *markup) at(name string, attributes ...any) {
	m.open(name, attributes)
	m.b.WriteString("/>")
}

// text writes an element that holds a text.
func (m *markup) text(name, text string, attributes ...any) {
	m.in(name, func() { xml.EscapeText(&m.b, []byte(text)) }, attributes...)
}

func (m *markup) open(name string, attributes []any) {
	m.b.WriteString("<" + name)
	for i := 0; i+1 < len(attributes); i += 2 {
		fmt.Fprintf(&m.b, ` %s="`, attributes[i])
		xml.EscapeText(&m.b, fmt.Append(nil, attributes[i+1]))
		m.b.WriteByte('"')
	}
}

// part is the whole of an XML part.
func (m *markup) part() []byte {
	return append([]byte(xml.Header), m.b.Bytes()...)
}

package definition

import "github.com/goccy/go-yaml/ast"

// Node is a part of a file. The zero Node is a part that isn't there.
type Node struct{ node ast.Node }

// Written tells whether the part is there.
func (n Node) Written() bool { return n.node != nil }

// Line is where the part begins, 0 when it isn't there.
func (n Node) Line() int { return lineOf(n.node) }

// Child is the value of a key of a mapping.
func (n Node) Child(key string) Node { return Node{child(n.node, key)} }

// LineOf is where the value of a key stands, or the mapping itself when it lacks the key.
func (n Node) LineOf(key string) int {
	if v := child(n.node, key); v != nil {
		return lineOf(v)
	}
	return n.Line()
}

func lineOf(n ast.Node) int {
	if n == nil || n.GetToken() == nil || n.GetToken().Position == nil {
		return 0
	}
	return n.GetToken().Position.Line
}

func child(n ast.Node, key string) ast.Node {
	for _, v := range entriesOf(n) {
		if keyOf(v) == key {
			return v.Value
		}
	}
	return nil
}

func entriesOf(n ast.Node) []*ast.MappingValueNode {
	switch n := n.(type) {
	case *ast.MappingNode:
		return n.Values
	case *ast.MappingValueNode:
		return []*ast.MappingValueNode{n}
	}
	return nil
}

func keyOf(v *ast.MappingValueNode) string {
	if v.Key == nil || v.Key.GetToken() == nil {
		return ""
	}
	return v.Key.GetToken().Value
}

// reference gives the line of the first anchor or alias, 0 where there is none: a few of
// them, one in the other, unfold to gigabytes.
func reference(n ast.Node) int {
	r := &references{}
	ast.Walk(r, n)
	return r.row
}

type references struct{ row int }

// Visit is called for each node.
func (r *references) Visit(n ast.Node) ast.Visitor {
	switch n.(type) {
	case *ast.AnchorNode, *ast.AliasNode, *ast.MergeKeyNode:
		if r.row == 0 {
			r.row = lineOf(n)
		}
	}
	return r
}

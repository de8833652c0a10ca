package org

import (
	"fmt"
	"slices"
	"strings"

	"shuixuan/app/problem"
)

// Node is a unit in its place in the tree; Depth is 0 at the top.
type Node struct {
	Unit  Unit
	Depth int
}

// Tree orders units so that each stands behind its parent, in the order they were given.
// A unit whose parent is unknown stands at the top: it is shown, and not lost.
func Tree(units []Unit) []Node {
	known := map[UnitID]bool{}
	for _, u := range units {
		known[u.ID] = true
	}
	below := map[UnitID][]Unit{}
	for _, u := range units {
		parent := u.Parent
		if !known[parent] || len(Circle(units, u.ID)) > 1 {
			parent = ""
		}
		below[parent] = append(below[parent], u)
	}
	nodes := make([]Node, 0, len(units))
	var add func(UnitID, int)
	add = func(parent UnitID, depth int) {
		for _, u := range below[parent] {
			nodes = append(nodes, Node{u, depth})
			if u.ID != "" {
				add(u.ID, depth+1)
			}
		}
	}
	add("", 0)
	return nodes
}

// Circle follows the parents of a unit; where they lead back to it, it gives the way,
// otherwise nothing. A way that leads into somebody else's circle ends there.
func Circle(units []Unit, id UnitID) []UnitID {
	parents := make(map[UnitID]UnitID, len(units))
	for _, u := range units {
		parents[u.ID] = u.Parent
	}
	way := []UnitID{id}
	for at := parents[id]; at != ""; at = parents[at] {
		if at == id {
			return append(way, id)
		}
		if slices.Contains(way, at) {
			return nil
		}
		way = append(way, at)
	}
	return nil
}

// CircleWords names the units of a circle.
func CircleWords(units []Unit, circle []UnitID) string {
	names := make([]string, len(circle))
	for i, id := range circle {
		names[i] = string(id)
		for _, u := range units {
			if u.ID == id {
				names[i] = u.Name
			}
		}
	}
	return strings.Join(names, " → ")
}

// fits checks a unit against the others: its parent is one of them, no circle, and a
// collective neither has units below it nor is a member of another.
func (u Unit) fits(held []Unit) error {
	all := []Unit{u}
	for _, other := range held {
		if other.ID != u.ID {
			all = append(all, other)
		}
	}
	var faults []problem.Fault
	fault := func(field, format string, args ...any) {
		faults = append(faults, problem.Fault{Field: field, Why: fmt.Sprintf(format, args...)})
	}
	find := func(id UnitID) (Unit, bool) {
		i := slices.IndexFunc(all, func(one Unit) bool { return one.ID == id })
		if i < 0 {
			return Unit{}, false
		}
		return all[i], true
	}
	if u.Parent != "" {
		parent, known := find(u.Parent)
		switch circle := Circle(all, u.ID); {
		case !known:
			fault("parent", "上级单位“%s”不在名单里，请重新选择", u.Parent)
		case parent.Collective():
			fault("parent", "“%s”是集合名称，上级应是具体单位", parent.Name)
		case len(circle) > 1:
			fault("parent", "上级单位绕成了圈：%s，请另选上级", CircleWords(all, circle))
		}
	}
	for _, id := range u.Members {
		switch member, known := find(id); {
		case !known:
			fault("members", "成员“%s”不在名单里，请重新勾选", id)
		case member.Collective():
			fault("members", "成员“%s”也是集合名称，请直接勾选具体单位", member.Name)
		}
	}
	if len(faults) > 0 {
		return problem.Invalid("单位信息有误", "请按提示改正后再保存。", faults...)
	}
	return nil
}

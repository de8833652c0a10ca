package ingest

import (
	"fmt"
	"strings"

	"shuixuan/app/org"
	"shuixuan/app/problem"
)

// unitsFile is a list of units as a file holds it, with the row of each.
type unitsFile struct {
	Units []org.Unit

	rows []int
}

// readUnits reads a list of units from YAML. The faults name their row; the error is
// for a file that can't be read at all. What needs the units already held is told
// by check.
func readUnits(name string, body []byte) (unitsFile, []problem.Fault, error) {
	var f unitsFile
	d, err := openDocument(name, body)
	if err != nil {
		return f, nil, err
	}
	items := d.items(d.root, "units")
	if len(items) == 0 && len(d.faults) == 0 {
		d.fault(1, "units", "名单里没有单位，请至少写一个")
	}
	for _, node := range items {
		var u org.Unit
		if d.decode(node, "units", &u) {
			f.Units = append(f.Units, u)
			f.rows = append(f.rows, lineOf(node))
		}
	}
	return f, append(d.faults, f.faults()...), nil
}

// faults tells what is wrong with the units by themselves.
func (f unitsFile) faults() []problem.Fault {
	var faults []problem.Fault
	for i, u := range f.Units {
		fault := func(field, format string, args ...any) {
			faults = append(faults, problem.Fault{Row: f.rows[i], Field: field, Why: fmt.Sprintf(format, args...)})
		}
		if p, bad := problem.As(u.Validate()); bad {
			for _, one := range p.Faults {
				fault(one.Field, "%s", one.Why)
			}
		}
		if u.ID != "" && !identifier.MatchString(string(u.ID)) {
			fault("id", "单位代码“%s”不合要求，请用小写字母开头的字母、数字或“-”", u.ID)
		}
		if !u.Collective() && len(u.Members) > 0 {
			fault("members", "“%s”不是集合名称，不能有成员；类别应为collective", u.Name)
		}
	}
	return faults
}

// check tells of references to units that are neither in the file nor held, and of
// names that fit two units. A unit of the file replaces the held one of the same id.
func (f unitsFile) check(held []org.Unit) []problem.Fault {
	kinds, inFile := map[org.UnitID]org.UnitKind{}, map[org.UnitID]bool{}
	for _, u := range held {
		kinds[u.ID] = u.Kind
	}
	for _, u := range f.Units {
		kinds[u.ID], inFile[u.ID] = u.Kind, true
	}
	known := newNames()
	for _, u := range held {
		if !inFile[u.ID] {
			known.add(0, "", u.Name, string(u.ID), spellings(u))
		}
	}
	var faults []problem.Fault
	for i, u := range f.Units {
		fault := func(field, format string, args ...any) {
			faults = append(faults, problem.Fault{Row: f.rows[i], Field: field, Why: fmt.Sprintf(format, args...)})
		}
		faults = append(faults, known.add(f.rows[i], "aliases", u.Name, string(u.ID), spellings(u))...)
		if _, ok := kinds[u.Parent]; u.Parent != "" && (!ok || u.Parent == u.ID) {
			fault("parent", "“%s”的上级“%s”不在单位名单里，请核对代码", u.Name, u.Parent)
		}
		for _, m := range u.Members {
			switch kind, ok := kinds[m]; {
			case !ok:
				fault("members", "“%s”的成员“%s”不在单位名单里，请核对代码", u.Name, m)
			case kind == org.KindCollective:
				fault("members", "“%s”的成员“%s”也是集合名称，请直接写具体单位", u.Name, m)
			}
		}
	}
	return faults
}

func spellings(u org.Unit) []string {
	all := []string{u.Name}
	for _, a := range u.Aliases {
		if strings.TrimSpace(a) != "" {
			all = append(all, a)
		}
	}
	return all
}

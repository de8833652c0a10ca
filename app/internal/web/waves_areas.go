package web

import (
	"fmt"
	"slices"
	"strings"

	"shuixuan/app/org"
	"shuixuan/app/problem"
	"shuixuan/app/survey"
)

// typeAreas shows the areas of a wave in its form: a line for each, and what they are compared
// by.
func (f *waveTyped) typeAreas(w survey.Wave, units *org.Resolver) {
	f.AreaFrame, f.AreaPeople, f.AreaUnits = w.AreaFrame, map[string]string{}, map[string]string{}
	var lines []string
	for _, a := range w.Areas {
		lines = append(lines, a.Code+" "+a.Label)
		f.AreaPeople[a.Code] = countText(a.Population)
		var names []string
		for _, id := range a.Units {
			name := string(id)
			if u, known := units.Unit(id); known {
				name = u.Name
			}
			names = append(names, name)
		}
		f.AreaUnits[a.Code] = strings.Join(names, "、")
	}
	f.Areas = strings.Join(lines, "\n")
}

// People gives what stands as the population of an area.
func (f waveTyped) People(area string) string { return f.AreaPeople[area] }

// UnitsOf gives the names of the units of an area.
func (f waveTyped) UnitsOf(area string) string { return f.AreaUnits[area] }

// unitsNamed reads names of units between commas. A collective logs nothing.
func unitsNamed(text, area string, units *org.Resolver, faults *[]problem.Fault) []org.UnitID {
	var list []org.UnitID
	for _, name := range strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune("、，,；;\n", r) }) {
		if name = strings.TrimSpace(name); name == "" {
			continue
		}
		u, known := units.Resolve(name)
		switch {
		case !known:
			why := fmt.Sprintf("片区“%s”写的单位“%s”不在名单里，或者不止一个单位可以这样叫", area, cut(name))
			if near := units.Nearest(name, 3); len(near) > 0 {
				why += "；相近的有：" + strings.Join(near, "、")
			}
			*faults = append(*faults, problem.Fault{Field: "area_people", Why: why})
		case u.Collective():
			*faults = append(*faults, problem.Fault{Field: "area_people", Why: fmt.Sprintf("片区“%s”写的“%s”是集合名称，不登记点位，请写具体单位", area, u.Name)})
		case !slices.Contains(list, u.ID):
			list = append(list, u.ID)
		}
	}
	return list
}

// unitsCalled gives, by area, the name of the unit that is called like it.
func unitsCalled(areas []survey.Area, units *org.Resolver) map[string]string {
	names := map[string]string{}
	for _, a := range areas {
		if u, known := units.Resolve(a.Label); known && !u.Collective() {
			names[a.Code] = u.Name
		}
	}
	return names
}

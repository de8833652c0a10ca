package ingest

import (
	"reflect"
	"strings"
	"testing"

	"golang.org/x/text/encoding/simplifiedchinese"

	"shuixuan/app/org"
	"shuixuan/app/problem"
)

// The same two units as a program, a person with a spreadsheet and a person with an
// editor write them.
func TestReadUnits(t *testing.T) {
	want := []org.Unit{
		{ID: "shuiliju", Name: "市水利局", Kind: org.KindBureau, Aliases: []string{"水利局", "水利"}, Note: "样例"},
		{ID: "shizhi", Name: "市直部门", Kind: org.KindCollective, Members: []org.UnitID{"shuiliju"}},
	}
	const chinese = "市级单位名单,,,,,,\n代码,名称,类别,上级,别名,成员,备注\nshuiliju,市水利局,部门,,水利局；水利,,样例\n,,,,,,\nshizhi,市直部门,集合名称,,,shuiliju,\n"
	gb18030, err := simplifiedchinese.GB18030.NewEncoder().String(chinese)
	if err != nil {
		t.Fatal(err)
	}
	cases := []struct {
		name, file, body string
		rows             []int
	}{
		{"yaml", "units.yaml", "- {id: shuiliju, name: 市水利局, kind: bureau, aliases: [水利局, 水利], note: 样例}\n- {id: shizhi, name: 市直部门, kind: collective, members: [shuiliju]}\n", []int{1, 2}},
		{"csv of a program", "units.csv", "id,name,kind,parent,aliases,members,note\nshuiliju,市水利局,bureau,,水利局;水利,,样例\nshizhi,市直部门,collective,,,shuiliju,\n", []int{2, 3}},
		{"csv of a person, an empty row between", "名单.csv", chinese, []int{3, 5}},
		{"the same in GB18030", "名单.csv", gb18030, []int{3, 5}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			f, faults, err := readUnits(t.Context(), c.file, []byte(c.body))
			if err != nil || len(faults) > 0 {
				t.Fatal(faults, err)
			}
			if !reflect.DeepEqual(f.Units, want) {
				t.Errorf("got %+v", f.Units)
			}
			if !reflect.DeepEqual(f.rows, c.rows) {
				t.Errorf("rows %v, want %v", f.rows, c.rows)
			}
			if faults := f.check(nil); len(faults) > 0 {
				t.Error(faults)
			}
		})
	}
}

func TestReadUnitsFaults(t *testing.T) {
	held := []org.Unit{{ID: "jiaoyuju", Name: "市教育局", Kind: org.KindBureau, Aliases: []string{"教育局"}}}
	const head = "id,name,kind,parent,aliases,members,note\n"
	cases := []struct {
		name, body string
		row        int
		field, why string
	}{
		{"no name", head + "a,,bureau,,,,", 2, "name", "缺少单位名称"},
		{"no id", head + ",市水利局,bureau,,,,", 2, "id", "缺少单位代码"},
		{"an id in characters", head + "水利,市水利局,bureau,,,,", 2, "id", "不合要求"},
		{"a kind nobody knows", head + "a,市水利局,局,,,,", 2, "kind", "单位类别“局”不认识"},
		{"an unknown parent", head + "a,市水利局,bureau,b,,,", 2, "parent", "上级“b”不在单位名单里"},
		{"its own parent", head + "a,市水利局,bureau,a,,,", 2, "parent", "上级“a”不在单位名单里"},
		{"members of a bureau", head + "a,市水利局,bureau,,,jiaoyuju,", 2, "members", "不能有成员"},
		{"an unknown member", head + "a,市直部门,collective,,,b,", 2, "members", "成员“b”不在单位名单里"},
		{"a collective in a collective", head + "a,市直部门,collective,,,b,\nb,各部门,collective,,,,", 2, "members", "也是集合名称"},
		{"one id twice", head + "a,市水利局,bureau,,,,\na,市文化局,bureau,,,,", 3, "aliases", "代码“a”用了两次"},
		{"an alias for two in the file", head + "a,市水利局,bureau,,水局,,\nb,市文化局,bureau,,水 局,,", 3, "aliases", "既可指“市水利局”又可指“市文化局”"},
		{"an alias of a unit already held", head + "a,市水利局,bureau,,教育局,,", 2, "aliases", "既可指“市教育局”又可指“市水利局”"},
		{"two that stand under each other", head + "a,市水利局,bureau,b,,,\nb,市文化局,bureau,jiaoyuju,,,\n", 0, "", ""},
		{"a circle", head + "a,市水利局,bureau,a2,,,\na2,市文化局,bureau,jiaoyuju,,,\njiaoyuju,市教育局,bureau,a,,,", 0, "parent", "绕成了圈"},
		{"an end before the beginning", "id,name,kind,成立日期,撤销日期\na,市水利局,bureau,2014-10-05,2014-10-01", 2, "closed", "应晚于成立日期"},
		{"a day that isn't one", "id,name,kind,撤销日期\na,市水利局,bureau,快了", 2, "closed", "日期"},
		{"a column nobody knows", "id,name,kind,电话\na,市水利局,bureau,1", 1, "电话", "不认识的列“电话”"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			f, faults, err := readUnits(t.Context(), "units.csv", []byte(c.body))
			if err != nil {
				t.Fatal(err)
			}
			faults = append(faults, f.check(held)...)
			if c.row == 0 { // any number, all of one kind: each unit of a circle is told
				for _, fault := range faults {
					if fault.Field != c.field || !strings.Contains(fault.Why, c.why) {
						t.Errorf("want only faults of %q, got %+v", c.field, fault)
					}
				}
				if (c.field != "") != (len(faults) > 0) {
					t.Errorf("got %+v", faults)
				}
				return
			}
			if len(faults) != 1 || faults[0].Row != c.row || faults[0].Field != c.field || !strings.Contains(faults[0].Why, c.why) {
				t.Errorf("want one fault at row %d %s with %q, got %+v", c.row, c.field, c.why, faults)
			}
		})
	}
}

// A unit of the file takes the place of the held one: its own aliases don't clash
// with what it was.
func TestUnitsReplaceHeldOnes(t *testing.T) {
	held := []org.Unit{{ID: "a", Name: "市水利局", Kind: org.KindBureau, Aliases: []string{"水利局"}}}
	f, faults, err := readUnits(t.Context(), "units.csv", []byte("id,name,kind,aliases\na,市水务局,bureau,水利局;市水利局"))
	if err != nil || len(append(faults, f.check(held)...)) > 0 {
		t.Error(faults, f.check(held), err)
	}
}

func TestReadUnitsRefuses(t *testing.T) {
	cases := []struct{ name, file, body, why string }{
		{"an empty file", "units.csv", "", "空"},
		{"no heading", "units.csv", "市水利局,水利局\n市教育局,教育局\n", "至少要有"},
		{"a picture", "units.xlsx", "\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", "图片"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			_, _, err := readUnits(t.Context(), c.file, []byte(c.body))
			p, ok := problem.As(err)
			if !ok || len(p.Faults) != 1 || !strings.Contains(p.Faults[0].Why, c.why) {
				t.Errorf("want a problem with %q, got %v", c.why, err)
			}
		})
	}
}

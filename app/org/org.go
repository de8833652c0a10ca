// Package org holds the units of a campaign: who is responsible, under which
// names they are known, and whom a collective stands for.
//
// # Why
//
// A ledger names one unit in many ways (住建局, 市住房和城乡建设局). Resolving a
// name is a rule of the organisation and not of a file format, so it stands here
// and the form, the workbook and the seed obey it alike.
package org

import (
	"fmt"
	"strings"
	"time"

	"shuixuan/app/problem"
)

// UnitID names a unit within its campaign, for example "zhujianju".
type UnitID string

// UnitKind says what sort of node a unit is.
type UnitKind string

// The closed list of kinds.
const (
	KindBureau     UnitKind = "bureau"     // 部门
	KindTownship   UnitKind = "township"   // 街道办事处、镇政府、功能区
	KindCompany    UnitKind = "company"    // 企业
	KindMedia      UnitKind = "media"      // 媒体
	KindVillage    UnitKind = "village"    // 村、社区
	KindCollective UnitKind = "collective" // 市直有关部门: a name for several units
)

// KindNames are the words for the kinds on pages.
var KindNames = map[UnitKind]string{
	KindBureau: "部门", KindTownship: "街道、镇、园区", KindCompany: "企业", KindMedia: "媒体", KindVillage: "村、社区", KindCollective: "集合名称",
}

// Unit is a node of the organisation. A collective has no clerks of its own: it
// stands for its Members, and one without members is a question to the office.
type Unit struct {
	ID      UnitID   `json:"id" yaml:"id"`
	Name    string   `json:"name" yaml:"name"`
	Kind    UnitKind `json:"kind" yaml:"kind"`
	Parent  UnitID   `json:"parent,omitempty" yaml:"parent"`
	Aliases []string `json:"aliases,omitempty" yaml:"aliases"`
	Members []UnitID `json:"members,omitempty" yaml:"members"`
	Note    string   `json:"note,omitempty" yaml:"note"`
	// Opened and Closed are civil dates: the first day it is a unit, and the first day it
	// is one no more. Zero where there is none.
	Opened time.Time `json:"opened,omitzero" yaml:"opened"`
	Closed time.Time `json:"closed,omitzero" yaml:"closed"`
}

// OpenOn tells whether the unit is one on a day. A closed unit logs nothing that begins
// after its end, its people read and write nothing, and what it did stays; who takes over
// is a question to the office.
func (u Unit) OpenOn(day time.Time) bool {
	return (u.Opened.IsZero() || !day.Before(u.Opened)) && !u.ClosedOn(day)
}

// ClosedOn tells whether the unit has ended by a day.
func (u Unit) ClosedOn(day time.Time) bool { return !u.Closed.IsZero() && !day.Before(u.Closed) }

// Collective tells whether the unit is only a name for others.
func (u Unit) Collective() bool { return u.Kind == KindCollective }

// Validate checks what can be checked without the other units.
func (u Unit) Validate() error {
	var faults []problem.Fault
	if u.ID == "" {
		faults = append(faults, problem.Fault{Field: "id", Why: "缺少单位代码，请填写字母或数字组成的代码"})
	}
	if strings.TrimSpace(u.Name) == "" {
		faults = append(faults, problem.Fault{Field: "name", Why: "缺少单位名称"})
	}
	if len([]rune(u.Name)) > 60 {
		faults = append(faults, problem.Fault{Field: "name", Why: "单位名称超过60个字，请缩短"})
	}
	if _, known := KindNames[u.Kind]; !known {
		faults = append(faults, problem.Fault{Field: "kind", Why: fmt.Sprintf("单位类别“%s”不认识", u.Kind)})
	}
	if !u.Opened.IsZero() && !u.Closed.IsZero() && !u.Opened.Before(u.Closed) {
		faults = append(faults, problem.Fault{Field: "closed", Why: "撤销日期应晚于成立日期，请核对"})
	}
	if u.Parent != "" && u.Parent == u.ID {
		faults = append(faults, problem.Fault{Field: "parent", Why: "上级单位不能是自己"})
	}
	if len(faults) > 0 {
		return problem.Invalid("单位信息不完整", "请按提示改正后再保存。", faults...)
	}
	return nil
}

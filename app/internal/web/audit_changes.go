package web

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	drawing "shuixuan/analytics/spotcheck"
	"shuixuan/app/audit"
	"shuixuan/app/campaign"
	"shuixuan/app/dossier"
	"shuixuan/app/org"
	"shuixuan/app/placement"
)

// change is a field of a thing, before and after, in words.
type change struct{ Field, Old, New string }

// fieldNames are the words for the fields of things, by the last step of their path; a
// field without words is shown as it is called.
var fieldNames = map[string]string{
	"task": "任务", "unit": "单位", "carrier": "宣传形式", "carrier_text": "宣传形式（原文）", "place": "地点", "quantity": "数量", "measure": "计量单位",
	"area_m2": "面积（平方米）", "size": "规格", "start": "开始", "end": "结束", "open": "未定结束", "position": "位置", "longitude": "经度", "latitude": "纬度", "datum": "坐标系",
	"remark": "备注", "state": "状态", "reason": "原因", "note": "说明", "permit": "许可编号", "permit_until": "许可截止", "hoarding_m2": "围挡面积（平方米）",
	"origin": "来源", "file": "文件", "sheet": "工作表", "row": "行", "again": "重复登记",
	"name": "名称", "short": "简称", "title": "标题", "summary": "摘要", "kind": "类别", "parent": "上级", "aliases": "别名", "members": "成员", "opened": "启用日期", "closed": "停用日期",
	"window": "起止", "targets": "应设数量", "lead": "牵头单位", "assisting": "配合单位", "places": "地点", "carriers": "宣传形式", "field": "领域", "code": "代码",
	"login": "用户名", "role": "角色", "campaign": "活动", "disabled": "停用", "expires": "有效期至", "rule": "要求",
	"wave": "调查轮次", "number": "纸质编号", "stratum": "人群", "disposition": "完成情况", "mode": "录入方式",
	"questionnaire": "问卷", "version": "版本", "items": "题目", "questions": "题目", "indicators": "指标", "intro": "开头的话", "source": "来源", "ended": "草稿状态",
	"strata": "分组", "areas": "片区", "area": "片区", "area_frame": "片区人口的来源", "quotas": "配额", "quota": "配额", "capped": "满额即止", "count": "份数", "distributor": "发放人",
	"population": "调查对象", "approval": "批准文号", "privacy": "隐私告知", "label": "文字",
	"rows": "行数", "accepted": "收下", "rejected": "退回", "skipped": "跳过", "already_known": "已有", "sha256": "文件校验值", "address": "地址",
	"client": "设备", "saved_at": "填写时间（设备时钟）", "clock_skew_s": "时钟相差（秒）", "by": "填写人", "by_name": "填写人姓名",
	"photos": "照片数", "grade": "可信度", "finding": "巡查结果", "defects": "问题", "due": "整改期限", "found_on": "巡查日期", "placement": "台账",
	"until": "最后一天", "one_page": "所有题一页", "per_device": "每部手机可填", "sampling": "取样", "margins": "已知总体数", "trimming": "权重上下限", "double": "双录比例",
	"frame": "抽样范围", "least": "下限", "most": "上限", "cutoff": "截止时间", "waves": "调查轮次", "edits": "改写的文字", "bytes": "大小（字节）", "key": "标识", "program": "程序版本",
	"purpose": "用途", "algorithm": "抽取方法", "seed": "种子", "seed_given": "种子由抽取人给出", "day": "哪一天", "asked": "抽多少处", "filter": "只抽一部分", "frame_hash": "抽样范围的校验值",
	"proven": "其中台账已证明", "gone": "台账已不在、未列入", "acts": "活动、未列入", "points": "点位", "notes": "说明", "closed_by": "结束人", "claim": "台账情况", "probability": "抽取概率",
	"found": "现场看到", "counted": "实际数量", "live": "实时数据", "checks": "现场抽查", "dossier": "验收卷宗", "withdrawn": "撤回",
}

// quietFields say nothing that the line of the event doesn't.
var quietFields = []string{"id", "revision", "recorded_at", "recorded_by", "batch", "created_at", "created_by"}

// thingNames are the fields by which people know a thing, best first.
var thingNames = []string{"place", "name", "title", "label", "short", "file", "number", "login"}

const (
	shownChanges = 60  // fields of one event
	shownValue   = 300 // characters of one value
)

// called gives what a thing is called, empty where it has no name.
func called(e audit.Event) string {
	for _, text := range []json.RawMessage{e.After, e.Before} {
		var fields map[string]any
		if json.Unmarshal(text, &fields) != nil {
			continue
		}
		for _, name := range thingNames {
			if value, is := fields[name].(string); is && value != "" {
				return cut(value)
			}
		}
	}
	return ""
}

// changesBetween lists the fields that differ, in the order of the text. Plan gives units
// and carriers their names; it may be nil.
func changesBetween(plan *campaign.Plan, before, after json.RawMessage) []change {
	old, now := flatten(plan, before), flatten(plan, after)
	var list []change
	add := func(path string) {
		c := change{Field: pathText(path), Old: old.values[path], New: now.values[path]}
		if c.Old != c.New && !slices.ContainsFunc(list, func(other change) bool { return other.Field == c.Field && other.Old == c.Old && other.New == c.New }) {
			list = append(list, c)
		}
	}
	for _, path := range now.paths {
		add(path)
	}
	for _, path := range old.paths {
		if _, still := now.values[path]; !still {
			add(path)
		}
	}
	if len(list) > shownChanges {
		more := len(list) - shownChanges
		list = append(list[:shownChanges], change{Field: fmt.Sprintf("还有%d项", more), New: "见导出文件"})
	}
	return list
}

// flat is a JSON text as fields: paths in the order of the text, values in words.
type flat struct {
	paths  []string
	values map[string]string
}

func flatten(plan *campaign.Plan, text json.RawMessage) flat {
	f := flat{values: map[string]string{}}
	if len(text) == 0 {
		return f
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	var value any
	if decoder.Decode(&value) != nil {
		f.put("", cut(string(text)))
		return f
	}
	f.walk(plan, "", value)
	return f
}

func (f *flat) put(path, value string) {
	if value == "" {
		return // absent and empty are the same to a reader
	}
	f.paths = append(f.paths, path)
	f.values[path] = value
}

func (f *flat) walk(plan *campaign.Plan, path string, value any) {
	fields, is := value.(map[string]any)
	if !is {
		f.put(path, valueText(plan, lastStep(path), value))
		return
	}
	names := make([]string, 0, len(fields))
	for name := range fields {
		if !slices.Contains(quietFields, name) {
			names = append(names, name)
		}
	}
	slices.SortFunc(names, func(a, b string) int { return fieldOrder(a) - fieldOrder(b) + strings.Compare(a, b) })
	for _, name := range names {
		step := name
		if path != "" {
			step = path + "." + name
		}
		f.walk(plan, step, fields[name])
	}
}

// fieldOrder puts what a thing is called first.
func fieldOrder(name string) int {
	if slices.Contains(thingNames, name) {
		return -10
	}
	return 0
}

func lastStep(path string) string { return path[strings.LastIndexByte(path, '.')+1:] }

func pathText(path string) string {
	steps := strings.Split(path, ".")
	for i, step := range steps {
		if name, known := fieldNames[step]; known {
			steps[i] = name
		}
	}
	return strings.Join(steps, "·")
}

// codes are the values that are words of ours, by field.
var codes = map[string]map[string]string{
	"datum":       {"wgs84": "WGS84", "gcj02": "GCJ-02", "bd09": "BD-09"},
	"disposition": {"complete": "完成", "partial": "部分", "void": "作废"},
	"mode":        {"paper": "录入", "import": "导入", "api": "接口"},
	"ended":       {"published": "已发布", "discarded": "已删去"},
	"finding":     {"standing": "完好", "damaged": "破损", "gone": "已不在"},
	"purpose":     {"inspection": "验收", "rehearsal": "预检"},
}

func valueText(plan *campaign.Plan, field string, value any) string {
	switch v := value.(type) {
	case nil:
		return ""
	case bool:
		if v {
			return "是"
		}
		return "否"
	case json.Number:
		return v.String()
	case string:
		return cut(wordOf(plan, field, v))
	case []any:
		parts := make([]string, 0, len(v))
		for _, one := range v {
			if text := valueText(plan, field, one); text != "" {
				parts = append(parts, text)
			}
		}
		return cut(strings.Join(parts, "、"))
	case map[string]any:
		f := flat{values: map[string]string{}}
		f.walk(plan, "", v)
		parts := make([]string, 0, len(f.paths))
		for _, path := range f.paths {
			parts = append(parts, pathText(path)+" "+f.values[path])
		}
		return cut(strings.Join(parts, " "))
	}
	return cut(fmt.Sprint(value))
}

// wordOf gives the words for a value, where there are any.
func wordOf(plan *campaign.Plan, field, value string) string {
	if word := codes[field][value]; word != "" {
		return word
	}
	switch field {
	case "state":
		if name := placement.StateNames[placement.State(value)]; name != "" {
			return name
		}
		if name := dossier.StateNames[dossier.State(value)]; name != "" {
			return name
		}
	case "found":
		if name := drawing.Names[drawing.Found(value)]; name != "" {
			return name
		}
	case "role":
		if name := audit.RoleNames[audit.Role(value)]; name != "" {
			return name
		}
	case "kind":
		if name := org.KindNames[org.UnitKind(value)]; name != "" {
			return name
		}
	case "unit", "lead", "assisting", "parent", "members":
		return unitText(plan, value)
	case "carrier", "carriers":
		if plan != nil && value != "" {
			return plan.CarrierName(campaign.CarrierID(value))
		}
	}
	if at, err := time.Parse(time.RFC3339Nano, value); err == nil {
		switch {
		case at.IsZero():
			return ""
		case at.Equal(at.UTC().Truncate(24 * time.Hour)):
			return isoDate(at.UTC())
		}
		return momentText(at)
	}
	return value
}

func unitText(plan *campaign.Plan, id string) string {
	if plan == nil || id == "" {
		return id
	}
	return plan.UnitName(org.UnitID(id))
}

func cut(text string) string {
	if runes := []rune(text); len(runes) > shownValue {
		return string(runes[:shownValue]) + "…"
	}
	return text
}

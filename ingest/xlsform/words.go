package xlsform

import (
	"slices"
	"strings"

	"shuixuan/app/survey"
	"shuixuan/ingest/sheet"
)

// prefix begins the columns of our own.
const prefix = "shuixuan_"

// Sheets of a form. Those that would change what is asked are refused when they hold
// anything; any other sheet is the author's own and not read.
const (
	surveySheet         = "survey"
	choicesSheet        = "choices"
	settingsSheet       = "settings"
	indicatorsSheet     = "_shuixuan_indicators" // with the underscore that tells other programs to pass it over
	contradictionsSheet = "_shuixuan_contradictions"
)

var sheetNames = map[string]string{
	surveySheet: "", choicesSheet: "", settingsSheet: "", indicatorsSheet: "", contradictionsSheet: "",
	"external_choices": "不支持外部选项（external_choices），请把选项写进 choices 工作表",
	"entities":         "不支持实体（entities），请删去这张工作表",
	"osm":              "不支持 OSM 标签（osm），请删去这张工作表",
}

func sheetKey(name string) string { return strings.ToLower(sheet.Normalize(name)) }

// Columns of the sheets, under the names that pyxform calls them by.
const (
	colType, colName, colLabel, colHint = "type", "name", "label", "hint"
	colRequired, colRelevant            = "required", "relevant"
	colConstraint, colAppearance        = "constraint", "appearance"
	colParameters, colList              = "parameters", "list_name"
)

// Columns of our own.
const (
	ownType      = prefix + "type"
	ownShort     = prefix + "short"
	ownAliases   = prefix + "aliases"
	ownDimension = prefix + "dimension"
	ownRight     = prefix + "right"
	ownSource    = prefix + "source"
	ownAdults    = prefix + "adults"
	ownSkip      = prefix + "skip"
	ownValue     = prefix + "value"
	ownDontKnow  = prefix + "dont_know"
	ownExclusive = prefix + "exclusive"
	ownOther     = prefix + "other"
	ownUnread    = prefix + "unread"
	ownStratum   = prefix + "stratum"
	ownIntro     = prefix + "intro"
)

// Column is a heading of our own with what it is for.
type Column struct{ Sheet, Name, Meaning string }

// Own are the columns of our own, as docs/xlsform.md lists them.
var Own = []Column{
	{surveySheet, ownType, "题型，只在 XLSForm 的写法分不清时填：consent（知情同意）、scale（量表）、single、text，以及 other（紧接上一题“其他”选项的文字）"},
	{surveySheet, ownShort, "简称，用于图表"},
	{surveySheet, ownAliases, "导入答卷时也认得的列标题，几个之间用 | 分开"},
	{surveySheet, ownDimension, "所属方面：认知、参与、满意、支持、信心"},
	{surveySheet, ownRight, "知识题的正确选项代码，几个之间用空格分开"},
	{surveySheet, ownSource, "题目、分值、正确答案的出处"},
	{surveySheet, ownAdults, "yes：未满14周岁不问"},
	{surveySheet, ownSkip, "跳过条件，写法与 relevant 相同；relevant 里要有同样的 not(…)，别的软件才会照办"},
	{choicesSheet, ownValue, "选项的分值"},
	{choicesSheet, ownAliases, "导入答卷时也认得的写法，几个之间用 | 分开"},
	{choicesSheet, ownDontKnow, "yes：说不清，算作回答，但不算表态"},
	{choicesSheet, ownExclusive, "yes：不能与其他选项同选"},
	{choicesSheet, ownOther, "yes：选了要写文字"},
	{choicesSheet, ownUnread, "yes：不读出、不显示，由调查员在对方主动说出时记下"},
	{settingsSheet, ownStratum, "分组题的 name"},
	{settingsSheet, ownIntro, "问卷开头的说明"},
	{settingsSheet, ownSource, "问卷的出处"},
}

// aliases lead the headings of all ages to one. Headings are compared in lower case, with
// an underscore for blanks and hyphens.
var aliases = map[string]string{
	"command": colType, "tag": colName, "value": colName, "caption": colLabel, "relevance": colRelevant,
	"constraining_message": "constraint_message", "constraintmsg": "constraint_message", "jr:constraintmsg": "constraint_message",
	"requiredmsg": "required_message", "jr:requiredmsg": "required_message", "calculate": "calculation", "readonly": "read_only",
	"count": "repeat_count", "jr:count": "repeat_count", "saveto": "save_to", "entities:saveto": "save_to", "listname": colList,
	"title": "form_title", "set_form_title": "form_title", "set_form_id": "form_id", "id_string": "form_id",
}

// carriers are the first parts of a heading that only say where the column goes in an
// XForm: bind::relevant is relevant.
var carriers = []string{"bind", "control", "body", "media"}

// translated are the columns that stand once for each language.
var translated = []string{colLabel, colHint, "guidance_hint", "constraint_message", "required_message", "image", "big_image", "audio", "video"}

// refusedColumns change what is asked or kept in ways that we don't follow.
var refusedColumns = map[string]string{
	"calculation":   "不支持计算（calculation），系统不会由几个回答算出另一个；请清空，分析时再计算",
	"choice_filter": "不支持按前面的回答筛选选项（choice_filter）；请按前面的回答分成几道题，用 relevant 决定问哪一道",
	"repeat_count":  "不支持重复的题组（repeat_count）；请把每一次写成单独的题",
	"default":       "不支持预先填好的回答（default），问卷要由受访者自己作答；请清空",
	"read_only":     "不支持只读题（read_only）；只给人看的文字请用 note",
	"trigger":       "不支持触发（trigger）；请清空",
	"save_to":       "不支持保存到实体（save_to）；请清空",
	"image":         "不支持图片（image）；请改为文字",
	"big_image":     "不支持图片（big-image）；请改为文字",
	"audio":         "不支持声音（audio）；请改为文字",
	"video":         "不支持视频（video）；请改为文字",
}

// leftColumns are left out and told: no answer changes by them.
var leftColumns = map[string]string{
	"guidance_hint":      "给调查员的提示没有导入；受访者要看的请写在 hint 列",
	"constraint_message": "超出范围时的提示语没有导入，系统用自己的提示语",
	"required_message":   "漏答时的提示语没有导入，系统用自己的提示语",
	"autoplay":           "自动播放没有导入",
}

// refusedTypes are the types that no question of ours can take the place of.
var refusedTypes = map[string]string{
	"calculate":                 "不支持计算题（calculate），系统不会由几个回答算出另一个；请删去这一行，分析时再计算",
	"hidden":                    "不支持隐藏题（hidden）；请删去这一行",
	"begin_repeat":              "不支持重复的题组（begin repeat）；请把每一次写成单独的题",
	"end_repeat":                "",
	"rank":                      "不支持排序题（rank）；请改成几道单选题：第一是什么、第二是什么",
	"select_one_from_file":      "不支持从文件读选项（select_one_from_file）；请把选项写进 choices 工作表",
	"select_multiple_from_file": "不支持从文件读选项（select_multiple_from_file）；请把选项写进 choices 工作表",
	"select_one_external":       "不支持外部选项（select_one_external）；请把选项写进 choices 工作表",
	"time":                      "不支持时刻题（time）；请改成单选题（分几个时段）或 text",
	"datetime":                  "不支持日期加时刻（dateTime）；请改成 date，时刻另用单选题",
	"geopoint":                  "不支持定位（geopoint）：问卷不记名，不收集受访者的位置；请删去这一行，或用单选题问所在区域",
	"geotrace":                  "不支持定位（geotrace）：问卷不记名，不收集受访者的位置；请删去这一行",
	"geoshape":                  "不支持定位（geoshape）：问卷不记名，不收集受访者的位置；请删去这一行",
	"start_geopoint":            "不支持定位（start-geopoint）：问卷不记名，不收集受访者的位置；请删去这一行",
	"background_geopoint":       "不支持定位（background-geopoint）：问卷不记名，不收集受访者的位置；请删去这一行",
	"background_audio":          "不支持录音（background-audio）；请删去这一行",
	"image":                     "不支持照片（image）：问卷不收照片；请删去这一行",
	"audio":                     "不支持录音（audio）；请改为文字题",
	"video":                     "不支持录像（video）；请删去这一行",
	"file":                      "不支持上传文件（file）；请删去这一行",
	"barcode":                   "不支持扫码题（barcode）；问卷编号由系统自己管理，请删去这一行",
	"csv_external":              "不支持外部数据（csv-external）；请删去这一行",
	"xml_external":              "不支持外部数据（xml-external）；请删去这一行",
	"osm":                       "不支持 OSM 题（osm）；请删去这一行",
	"begin_kobomatrix":          "不支持 Kobo 的 begin_kobomatrix；请改用 begin_group 加外观 table-list",
	"begin_score":               "不支持 Kobo 的 begin_score；请改用 begin_group 加外观 table-list",
	"begin_rank":                "不支持 Kobo 的 begin_rank；请改成几道单选题",
}

// leftTypes are rows that ask nobody anything.
var leftTypes = map[string]string{
	"start": "开始时间由系统自己记录，这一行没有导入", "end": "结束时间由系统自己记录，这一行没有导入",
	"today": "填写日期由系统自己记录，这一行没有导入", "audit": "操作记录由系统自己保存，这一行没有导入",
	"deviceid": "问卷不记名，不收集设备号，这一行没有导入", "phonenumber": "问卷不记名，不收集电话，这一行没有导入",
	"username": "问卷不记名，不收集账号，这一行没有导入", "email": "问卷不记名，不收集邮箱，这一行没有导入",
	"simserial": "问卷不记名，不收集卡号，这一行没有导入", "subscriberid": "问卷不记名，不收集卡号，这一行没有导入",
}

// plainTypes are the types without a list.
var plainTypes = map[string]survey.QuestionType{
	"text": survey.Text, "string": survey.Text, "integer": survey.Number, "int": survey.Number, "decimal": survey.Number,
	"date": survey.Date, "note": survey.Note, "range": survey.Rating, "acknowledge": survey.Consent, "trigger": survey.Consent,
}

// selects are the beginnings of the types with a list, the longer ones first.
var selects = []struct {
	begin    string
	multiple bool
}{
	{"add_select_multiple_prompt_using", true}, {"add_select_one_prompt_using", false},
	{"select_all_that_apply_from", true}, {"select_all_that_apply", true}, {"select_multiple_from", true}, {"select_multiple", true},
	{"select_one_from", false}, {"select_one", false}, {"select1", false},
}

// looks are the appearances that change nothing here; they need no word to the author.
var looks = []string{"minimal", "quick", "quickcompact", "compact", "autocomplete", "autoadvance", "search", "columns", "columns-pack", "columns-flex",
	"no-buttons", "horizontal", "horizontal-compact", "vertical", "picker", "no-calendar", "month-year", "year", "numbers", "thousands-sep",
	"field-list", "table-list", "label", "list-nolabel", "list", "likert", "multiline", "no-ticks", "rating", "w1", "w2", "w3", "w4"}

var yes = []string{"yes", "true", "true()", "1", "y", "是"}
var no = []string{"no", "false", "false()", "0", "n", "否", ""}

// truth reads a word for yes or no.
func truth(text string) (bool, bool) {
	text = strings.ToLower(sheet.Normalize(text))
	return slices.Contains(yes, text), slices.Contains(yes, text) || slices.Contains(no, text)
}

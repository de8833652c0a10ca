package document

// The page of GB/T 9704-2012, in mm. The tolerance of the standard is 1 mm.
const (
	paperWidth, paperHeight = 210.0, 297.0
	marginTop, marginBottom = 37.0, 35.0
	marginLeft, marginRight = 28.0, 26.0
	textWidth, textHeight   = paperWidth - marginLeft - marginRight, paperHeight - marginTop - marginBottom // 156 × 225
	lineRows, lineColumns   = 22, 28
)

// Sizes of letters in pt.
const (
	size2 = 22.0 // 2号: title
	size3 = 16.0 // 3号: text and headings
	size4 = 14.0 // 4号: page number
	size5 = 10.5 // 5号: tables and captions
	size6 = 9.0  // 小5号: notes

	sizeMark = 12.0 // 小4号: reference marks
)

const (
	mm = 72 / 25.4   // pt in a mm
	px = 25.4 / 96.0 // mm in a pixel of the web
)

// twips of a length in mm.
func twips(length float64) int { return int(length*mm*20 + 0.5) }

// emu of a length in mm, the measure of drawings.
func emu(length float64) int { return int(length*36000 + 0.5) }

// Fonts of the standard, each with free ones that may stand in for it.
type font struct {
	name      string
	fallback  []string
	family    string // of the font table: roman, swiss, modern, script
	monospace bool
}

var (
	fangsong = font{"仿宋_GB2312", []string{"仿宋", "FangSong", "STFangsong", "Zhuque Fangsong", "FandolFang", "Noto Serif CJK SC", "Source Han Serif SC"}, "modern", true}
	heiti    = font{"黑体", []string{"SimHei", "STHeiti", "FandolHei", "Noto Sans CJK SC", "Source Han Sans SC", "WenQuanYi Zen Hei"}, "modern", true}
	kaiti    = font{"楷体_GB2312", []string{"楷体", "KaiTi", "STKaiti", "FandolKai", "LXGW WenKai", "AR PL UKai CN", "Noto Serif CJK SC"}, "modern", true}
	songti   = font{"宋体", []string{"SimSun", "STSong", "FandolSong", "Noto Serif CJK SC", "Source Han Serif SC", "AR PL UMing CN"}, "auto", false}
	biaosong = font{"方正小标宋简体", []string{"FZXiaoBiaoSong-B05S", "方正小标宋_GBK", "STZhongsong", "华文中宋", "Noto Serif CJK SC", "Source Han Serif SC", "宋体"}, "script", false}
)

var fonts = []font{fangsong, heiti, kaiti, songti, biaosong}

// turns tells for each block whether it stands on a turned page: a wide table, and the
// headings and the title of the annex that lead up to it.
func turns(blocks []Block) []bool {
	turned := make([]bool, len(blocks))
	next := false
	for i := len(blocks) - 1; i >= 0; i-- {
		switch b := blocks[i].(type) {
		case Table:
			next = b.Landscape
		case Heading, Annex:
		default:
			next = false
		}
		turned[i] = next
		if _, first := blocks[i].(Annex); first {
			next = false // what stands before an annex ends on its own page
		}
	}
	return turned
}

package sheet

import "fmt"

// The sentences people read. Those of a cell have no place in them, the caller
// puts row and column before; those of a file have the place the file knows.

// Why says what is wrong with a cell and what to do, in Chinese.
func (e *CellError) Why() string {
	text := "“" + shorten(Normalize(e.Text)) + "”"
	switch e.Fault {
	case Missing:
		return "没有填写，请补填后重传"
	case NotANumber:
		return text + "不是数字，请只写数字和量词，如“24块”"
	case Negative:
		return text + "是负数，数量不能小于0，请改正后重传"
	case NotFinite:
		return text + "不是可用的数字，请改正后重传"
	case Approximate:
		return text + "是大概的说法，请填写确切的数值或日期"
	case TwoNumbers:
		return text + "里不止一个数，请分成几行填写，每行一个数"
	case NotADate:
		return text + "不是日期，请写成“2014年9月5日”或“2014-9-5”"
	case NoYear:
		return "日期" + text + "缺少年份，请补上年份，如“2014年9月15日”"
	case ShortYear:
		return "日期" + text + "的年份只有两位，请写四位年份，如“2014年9月15日”"
	case YearLast:
		return "日期" + text + "分不清月和日，请按年、月、日的顺序写，如“2014-9-5”"
	case NoMonth:
		return "日期" + text + "只有年份，请写到日，如“2014年9月15日”"
	case NoDay:
		return "日期" + text + "只写到月，请写到日，如“2014年9月15日”"
	case NoSuchMonth:
		return fmt.Sprintf("日期%s不存在：没有%d月，请改正后重传", text, e.Month)
	case NoSuchDay:
		if e.Day < 1 {
			return fmt.Sprintf("日期%s不存在：没有%d日，请改正后重传", text, e.Day)
		}
		return fmt.Sprintf("日期%s不存在：%s只有%d天，请改正后重传", text, monthWords(e), e.Days)
	case FarOff:
		return fmt.Sprintf("日期%s是%d年，不在%d年到%d年之间，请检查是否填错", text, e.Year, firstYear, lastYear)
	case TwoDates:
		return text + "里不止一个日期，请把开始和结束分别填在两列"
	case NotComputed:
		return "公式" + text + "没有保存结果，请用表格软件打开并保存一次，或直接填写数值"
	}
	return text + "无法识别，请改正后重传"
}

// monthWords names the month; of a February, the year too, since it decides.
func monthWords(e *CellError) string {
	if e.Month == 2 {
		return fmt.Sprintf("%d年2月", e.Year)
	}
	return fmt.Sprintf("%d月", e.Month)
}

var kindWords = map[Kind]string{
	KindPicture:       "这是一张图片，不是表格。如要交照片，请在照片处上传；要交台账，请上传 .xlsx 或 .csv 文件",
	KindPDF:           "这是 PDF 文件，不是表格。请上传原来的表格，另存为 .xlsx",
	KindWord:          "这是 Word 文档，不是表格。请把其中的表格复制到 Excel 或 WPS 表格里，另存为 .xlsx",
	KindSlides:        "这是演示文稿，不是表格。请把其中的表格复制到 Excel 或 WPS 表格里，另存为 .xlsx",
	KindOldExcel:      "这是旧版 Excel（97-2003，.xls）文件。请用 Excel 或 WPS 打开，另存为 .xlsx 后再传",
	KindBinaryExcel:   "这是二进制工作簿（.xlsb）。请用 Excel 打开，另存为 .xlsx 后再传",
	KindOpenDocument:  "这是 OpenDocument 表格（.ods）。请用 WPS 或 LibreOffice 打开，另存为 .xlsx 后再传",
	KindOpenText:      "这是 OpenDocument 文档，不是表格。请上传 .xlsx 或 .csv 文件",
	KindWebPage:       "这是网页文件，只是名字像表格。请用 Excel 或 WPS 打开，另存为 .xlsx 后再传",
	KindOldXML:        "这是 2003 年的 XML 表格。请用 Excel 或 WPS 打开，另存为 .xlsx 后再传",
	KindRichText:      "这是 RTF 文档，不是表格。请上传 .xlsx 或 .csv 文件",
	KindArchive:       "这是压缩包，不是表格。请解压后上传里面的 .xlsx 或 .csv 文件",
	KindOffice:        "这是无法识别的 Office 文件。请用 Excel 或 WPS 打开，另存为 .xlsx 后再传",
	KindUnknownBinary: "这不是表格文件。请上传 .xlsx 或 .csv 文件",
}

// Why says what is wrong with a file and what to do, in Chinese.
func (e *FileError) Why() string {
	return "文件“" + shorten(e.File) + "”" + e.place() + e.reason()
}

func (e *FileError) place() string {
	s := ""
	if e.Sheet != "" && e.Sheet != e.File {
		s += "工作表“" + shorten(e.Sheet) + "”"
	}
	if e.Row > 0 {
		s += fmt.Sprintf("第%d行", e.Row)
	}
	if e.Column > 0 {
		s += ColumnName(e.Column-1) + "列"
	}
	return s + "："
}

func (e *FileError) reason() string {
	switch e.Fault {
	case EmptyFile:
		return "文件是空的（0字节），请重新导出或保存后再传"
	case FileTooLarge:
		return fmt.Sprintf("文件有%s，超过%s的上限，请删去图片或拆成几个文件再传", megabytes(e.Size), megabytes(e.Limit))
	case WrongKind:
		return kindWords[e.Kind]
	case Encrypted:
		return "工作簿设了打开密码，无法读取。请在“文件—信息—保护工作簿”中去掉密码，保存后再传"
	case Broken:
		return "文件已损坏或没有传完整。请用 Excel 或 WPS 打开检查，另存为新的 .xlsx 后再传"
	case Bomb:
		return fmt.Sprintf("文件解压后过大（上限%s），不像正常的工作簿，已拒绝。请新建工作簿，只粘贴需要的数据后再传", megabytes(e.Limit))
	case TooManyParts:
		return "工作簿内部的部件过多，不像正常的工作簿，已拒绝。请新建工作簿，只粘贴需要的数据后再传"
	case TooManyTexts:
		return fmt.Sprintf("工作簿里不同的文字超过%d条，请拆成几个文件再传", e.Limit)
	case TooManyRows:
		return fmt.Sprintf("有内容的行超过%d行，请拆成几个文件再传", e.Limit)
	case TooManyColumns:
		return fmt.Sprintf("有内容的列超过%d列，请删去多余的列后再传", e.Limit)
	case TooManyMerges:
		return fmt.Sprintf("合并单元格超过%d处，请取消合并后再传", e.Limit)
	case CellTooLong:
		return fmt.Sprintf("单元格内容过长（上限%s），请删减后再传", kilobytes(e.Limit))
	case RowTooLong:
		return fmt.Sprintf("这一行的内容合计过长（上限%s），请删减后再传", kilobytes(e.Limit))
	case NulByte:
		return "含有不是文字的空字符（NUL），文件可能已损坏。请用 Excel 或 WPS 打开，另存为 .xlsx 后再传"
	case NotText:
		return "有无法识别的文字编码。请用 Excel 或 WPS 打开，另存为 .xlsx 或“CSV UTF-8”后再传"
	case OpenQuote:
		return "有一个引号只有开头没有结尾。请补上或删去这个引号后再传"
	case NoVisibleSheet:
		return "工作簿里没有可见的工作表。请取消隐藏要交的工作表，保存后再传"
	case NoSuchSheet:
		return "没有这张工作表，请从列出的工作表中选择"
	}
	return "无法读取，请另存为新的 .xlsx 后再传"
}

func megabytes(n int64) string { return fmt.Sprintf("%d MB", (n+1<<20-1)>>20) }

func kilobytes(n int64) string { return fmt.Sprintf("%d KB", n>>10) }

package openanswers

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// The lists by which names are told. Surnames leave out those that are mostly other words
// (水, 江, 时, 区 as a surname); frequent holds those that 小王 and 陈姐 are made with;
// doubtful ones count only in a full name.
const (
	surnames = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许韩邓冯曹彭曾肖田董潘袁蔡蒋余于杜叶程魏苏吕丁任卢姚" +
		"沈钟姜崔谭陆范汪廖石金韦贾夏付方邹熊白孟秦邱侯尹薛闫阎段雷龙黎史陶贺毛郝顾龚邵万覃武钱戴严莫孔向常汤康易乔赖文庞樊兰殷施" +
		"洪翟安颜倪牛温芦季俞章鲁葛伍申尤毕聂柴焦柳邢岳齐梅庄辛管祝左涂谷祁舒耿牟卜詹关苗凌费纪靳盛童欧甄项曲成游阳裴席卫查屈鲍位覃霍翁隋植甘景薄单包司柏宁柯阮桂闵解强丛连路娄艾宫和" +
		"冉巩晁敖阚饶鞠荆竺逯桓訾蔺蒲邰郁邬钮狄臧戚窦岑滕茅嵇刁芮邸亓綦郇郄楚戈仝闻匡简隗隆仲亢"
	frequent  = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林罗郑梁谢宋唐许韩邓冯曹彭曾肖董潘袁蔡蒋余于杜叶程魏苏吕丁任卢姚沈钟姜崔谭陆范汪廖贾邹熊孟秦邱侯尹薛阎段郝龚邵钱孔"
	doubtful  = "和向成全万关连路单安常文有季左管解强包位查席游阳项易盛宁景薄甘司植"
	givenSign = "伟芳娜秀英敏静丽强磊军洋勇艳杰娟涛明超霞平刚桂兰红玲梅建国华文辉力志永健世广义兴良海山仁波宁贵福生龙元全胜学祥才发武新利清飞彬富顺信子" +
		"昌成康星光天达安岩中茂进林有坚和彪博诚先敬震振壮会思群豪心邦承乐绍功松善厚庆民友裕河哲江浩亮政谦亨奇固之轮翰朗伯宏言若鸣朋斌梁栋维启克伦翔旭鹏泽晨辰士以家致树炎德行时泰" +
		"雄琛钧冠策腾楠榕风航弘淑惠珠翠雅芝玉萍云莲真环雪荣爱妹香月莺媛瑞凡佳嘉琼勤珍贞莉青婷姣婉娴瑾颖露瑶怡婵雁蓓纨仪荷丹蓉眉君琴蕊薇菁梦岚苑婕馨瑗琰韵融园艺咏卿聪澜纯毓悦昭冰爽" +
		"琬茗羽希宁欣飘育滢馥筠柔竹霭凝晓欢霄枫芸菲寒伊亚宜可姬舒影荔枝丝燕俊东洪春凤喜金卫忠连长宝根宗立少正小大晶莹慧洁芬娥琳素云雨轩涵宇豪子梓萱诗雯倩楷"
)

// Beside a name stand these although the lexicon has no word for them; a name that ends
// like a mountain is one.
const (
	followers = "说讲把被给让叫养开家住写偷往向做干修管打骂吵倒排拿收卖走带找反提投报告留发头一二两三四五六七八九十"
	plain     = "子小大家立会有少正言以行时" // signs of given names that words are full of
	places    = "山江河湖州庄村屯沟营寨镇桥店铺坝湾坡岭区县市路街巷"
)

var compounds = []string{"欧阳", "司马", "上官", "诸葛", "皇甫", "尉迟", "公孙", "慕容", "令狐", "夏侯", "司徒", "端木"}

// titles follow a name. The longer first.
var titles = []string{
	"办公室主任", "副书记", "副主任", "副局长", "副镇长", "副市长", "副校长", "副院长", "村主任", "村支书", "总经理",
	"局长", "主任", "书记", "科长", "处长", "市长", "县长", "镇长", "乡长", "村长", "部长", "所长", "站长", "校长", "院长", "园长", "队长", "会长", "厂长", "楼长",
	"班长", "组长", "经理", "老板", "会计", "支书", "主席", "委员", "教授", "律师", "老师", "医生", "大夫", "护士", "警官", "师傅", "先生", "女士", "小姐", "同志",
	"同学", "阿姨", "叔叔", "大爷", "大妈", "大娘", "大叔", "大哥", "大姐", "大嫂", "奶奶", "爷爷", "网格员", "工程师",
}

// shortTitles follow a frequent surname alone.
const shortTitles = "哥姐叔姨婶嫂总伯工"

// cues stand before a name. After a strong one up to four characters are the name, whatever
// they are; after another one they must look like a name.
var (
	strongCues = []string{"我叫", "姓名", "名叫", "署名", "联系人", "投诉人", "举报人", "反映人", "名字是", "名字叫"}
	weakCues   = []string{
		"我是", "本人", "联系", "负责人", "同事", "群主", "感谢", "表扬", "河长", "网格员", "村支书", "支书", "书记", "主任", "局长", "镇长", "村长", "校长",
		"经理", "队长", "厂长", "楼长", "业主", "清洁工", "保洁员", "环卫工", "老师", "同志", "司机", "记者", "同学", "居民", "村民", "邻居", "儿子", "女儿", "丈夫", "妻子",
	}
	links = []string{"找", "叫", "或者", "和", "跟", "、"} // a full name may follow, no word and no short one
)

// cue is what stands before a name, and how sure it makes that one follows.
type cue struct {
	text     string
	strength strength
}

type strength int

const (
	strong strength = iota
	weak
	link
)

// cuesByFirst are all cues by their first character, the strong ones first.
func cuesByFirst() map[rune][]cue {
	all := map[rune][]cue{}
	add := func(texts []string, of strength) {
		for _, text := range texts {
			first, _ := utf8.DecodeRuneInString(text)
			all[first] = append(all[first], cue{text, of})
		}
	}
	add(strongCues, strong)
	add(weakCues, weak)
	add(links, link)
	return all
}

// names finds names by a title, a cue, or their own form. The tokens guard against words: in
// 提高老师待遇 the 高 belongs to 提高. Behind the doors and classes among the numbers stand names too.
func (l *Lexicon) names(r *reading, numbers []span) []span {
	n := naming{reading: r, cues: l.cues, single: make([]bool, len(r.text)), known: make([]bool, len(r.text)), starts: make([]bool, len(r.text)+1)}
	for _, t := range r.tokens {
		n.starts[t.start], n.starts[t.end] = true, true
		for i := t.start; i < t.end; i++ {
			n.single[i], n.known[i] = t.end-t.start == 1, t.known
		}
	}
	var found []span
	for i := range r.folded {
		for _, find := range []func(int) []span{n.titled, n.cued, n.alone} {
			if one := find(i); one != nil {
				found, n.last = append(found, one...), one[0].end
			}
		}
	}
	for _, place := range numbers {
		found = append(found, n.behind(place)...)
	}
	return found
}

// naming is a reading with what the tokens say of each rune.
type naming struct {
	*reading
	cues   map[rune][]cue
	single []bool // a token of one character
	known  []bool // in a word of the lexicon
	starts []bool // a token begins here, or one ended before
	last   int    // where the name found last ended
}

func has(list string, r rune) bool { return r != 0 && strings.ContainsRune(list, r) }

// begins tells whether the text goes on with s at i.
func (n *naming) begins(i int, s string) bool {
	for _, c := range s {
		if n.at(i) != c {
			return false
		}
		i++
	}
	return true
}

// surname gives the length of a surname at i that is not the end of a word; 0 for none.
func (n *naming) surname(i int) int {
	if i < 0 || i >= len(n.folded) {
		return 0
	}
	if n.starts[i] && has("欧司上诸皇尉公慕令夏端", n.folded[i]) { // most characters end here
		for _, c := range compounds {
			if n.begins(i, c) {
				return 2
			}
		}
	}
	if n.single[i] && has(surnames, n.folded[i]) {
		return 1
	}
	return 0
}

// given tells whether the rune may belong to a given name: Chinese, and no part of a word.
func (n *naming) given(i int) bool {
	return i >= 0 && i < len(n.folded) && unicode.Is(unicode.Han, n.folded[i]) && n.single[i] && (!n.known[i] || has(givenSign, n.folded[i]))
}

func (n *naming) sign(i int) bool { return has(givenSign, n.at(i)) }

// telling: one of the two characters before end is hardly anything but part of a name.
func (n *naming) telling(end int) bool {
	return n.sign(end-2) && !has(plain, n.at(end-2)) || n.sign(end-1) && !has(plain, n.at(end-1))
}

// another tells whether a full name follows without a sign between.
func (n *naming) another(i int) bool {
	length := n.surname(i)
	return length > 0 && n.given(i+length) && n.given(i+length+1) && n.telling(i+length+2)
}

// fresh tells whether a name may begin here: not in the middle of unknown characters.
func (n *naming) fresh(i int) bool { return n.edge(i-1) || n.known[i-1] || n.last == i }

// done tells whether a name may end before i.
func (n *naming) done(i int) bool {
	return n.edge(i) || n.known[i] || isDigit(n.at(i)) || has(followers, n.at(i))
}

// titled finds 张局长, 刘德胜书记, 小王, 陈姐, 王某.
func (n *naming) titled(i int) []span {
	c := n.at(i)
	if c == '阿' && has(givenSign, n.at(i+1)) && n.single[i] && n.single[i+1] && n.done(i+2) {
		return []span{{i, i + 2, Name}}
	}
	if (c == '小' || c == '老') && n.single[i] && has(frequent, n.at(i+1)) && n.at(i+1) != '于' && n.single[i+1] && n.fresh(i) && n.done(i+2) {
		return []span{{i, i + 2, Name}}
	}
	length := n.surname(i)
	if length == 0 {
		return nil
	}
	after := i + length
	if n.at(after) == '某' {
		for n.at(after) == '某' {
			after++
		}
		return []span{{i, after, Name}}
	}
	if has(frequent, c) && has(shortTitles, n.at(after)) && n.single[after] && n.done(after+1) {
		return []span{{i, after, Name}}
	}
	for more := 0; more <= 2; more++ {
		if more == 2 && n.fresh(i) && !n.known[i] && n.pair(after) {
			// a given name that is a word
		} else if more > 0 && !n.given(after+more-1) {
			continue
		} else if more == 2 && !n.given(after) {
			continue
		}
		if more == 0 && length == 1 && has(doubtful, c) && !n.asked(i) || more == 1 && !n.fresh(i) {
			continue
		}
		for _, t := range titles {
			if n.begins(after+more, t) {
				return []span{{i, after + more, Name}}
			}
		}
	}
	return nil
}

// asked tells whether 找, 请 or the beginning of a clause makes a doubtful surname one: 找万科长.
func (n *naming) asked(i int) bool {
	return !has("和向全", n.at(i)) && (n.edge(i-1) || has("找请问", n.at(i-1)))
}

// behind finds a name that ends the clause after a door or a class: 三（2）班王一诺.
func (n *naming) behind(place span) []span {
	if place.mask != Door && place.mask != Class {
		return nil
	}
	start := place.end
	for has(" ,:的", n.at(start)) {
		start++
	}
	end := start
	for unicode.Is(unicode.Han, n.at(end)) && end-start < 4 {
		end++
	}
	if length := n.surname(start); length == 0 || end-start <= length || end-start > length+2 || has(doubtful, n.at(start)) || !n.edge(end) {
		return nil
	}
	return []span{{start, end, Name}}
}

// cued finds what follows 我叫, 姓名：, 网格员.
func (n *naming) cued(i int) []span {
	for _, c := range n.cues[n.at(i)] {
		if !n.begins(i, c.text) {
			continue
		}
		after := i + utf8.RuneCountInString(c.text)
		if c.strength != link {
			after = n.skip(after)
		}
		if c.strength != strong {
			if found := n.likely(after, c.strength == weak); found != nil {
				return found
			}
		} else if has(surnames, n.at(after)) || n.surname(after) > 0 || n.at(after-1) == ':' { // 姓名：阿迪力
			return n.whole(after)
		}
	}
	return nil
}

// likely is a name that a cue makes likely: a surname with two characters of no word, or,
// after a real cue, with a word of two (冉光荣) or with one character.
func (n *naming) likely(start int, cue bool) []span {
	length := n.surname(start)
	end := start + length
	switch {
	case length == 0:
		return nil
	case n.given(end) && n.given(end+1) && (n.done(end+2) || cue && n.telling(end+2)), cue && !n.known[start] && n.pair(end) && n.done(end+2):
		return []span{{start, end + 2, Name}}
	case n.given(end) && n.done(end+1) && !has(doubtful, n.at(start)) && (has(givenSign, n.at(end)) || cue && has(frequent, n.at(start))):
		return []span{{start, end + 1, Name}}
	}
	return nil
}

// pair tells whether a word of two Chinese characters begins at i.
func (n *naming) pair(i int) bool {
	return i+2 <= len(n.folded) && n.starts[i] && !n.starts[i+1] && n.starts[i+2] && unicode.Is(unicode.Han, n.at(i))
}

// skip passes over what stands between a cue and a name.
func (n *naming) skip(i int) int {
	for has(":是为叫 ", n.at(i)) {
		i++
	}
	return i
}

// whole is a name after a strong cue: all Chinese characters if they are at most four, or
// else as many as names have.
func (n *naming) whole(start int) []span {
	end := start
	for unicode.Is(unicode.Han, n.at(end)) && end-start < 5 {
		end++
	}
	if end-start > 4 {
		end = start + 3
		if !n.given(start + 2) {
			end = start + 2
		}
	}
	if end-start < 2 {
		return nil
	}
	return []span{{start, end, Name}}
}

// alone finds a full name by its form only: a surname and two characters that given names
// are made of, none of them part of a word, and no unknown character beside them.
func (n *naming) alone(i int) []span {
	length := n.surname(i)
	if length == 0 || !n.fresh(i) || length == 1 && (has(doubtful, n.at(i)) || n.known[i]) {
		return nil
	}
	end := i + length + 2
	if !n.given(end-2) || !n.given(end-1) || has(places, n.at(end-1)) || !n.done(end) && !n.another(end) {
		return nil
	}
	if !(n.sign(end-2) && n.sign(end-1)) && !(n.telling(end) && (length == 2 || has(frequent, n.at(i)))) {
		return nil
	}
	return []span{{i, end, Name}}
}

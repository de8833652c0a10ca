package seeds

import "time"

// Places of the demonstration. Those of the plan keep their names; the rest is made up.
var (
	busStops  = []string{"龙山路新华书店站", "龙山路人民会堂站", "新城路汽车站站", "新城路实验小学站", "文化路体育场站", "文化路图书馆站", "向阳街市场站", "向阳街医院站", "康汇大街公园站", "泰西大街路口站", "工业一路站", "河西路站"}
	lampPosts = []string{"龙山路两侧路灯杆", "新城路两侧路灯杆", "文化路两侧路灯杆", "向阳街两侧路灯杆", "康汇大街两侧路灯杆", "泰西大街两侧路灯杆"}
	parks     = []string{"康王河公园南门", "康王河公园北广场", "康王河公园沿河步道", "龙山河沿岸东段", "龙山河沿岸西段", "龙山河橡胶坝旁", "范蠡公园正门", "范蠡公园湖边"}
	sites     = []string{"新城路在建小区工地", "康汇大街商住楼工地", "文化路学校扩建工地", "泰西大街道路改造工地", "龙山河治理工地", "工业一路厂房工地", "河西片区安置房工地"}
	markets   = []string{"银宝商场正门", "向阳街农贸市场", "新城农贸市场", "老城农贸市场", "河西便民市场", "商业步行街南口", "商业步行街北口", "新城路大型超市", "龙山路百货商场", "文化路购物中心", "泰西大街家居市场"}
	schools   = []string{"实验小学", "第二实验小学", "龙山小学", "新城小学", "老城小学", "河西小学", "仪阳中心小学", "王瓜店中心小学", "第一中学", "第二中学", "第三中学", "第六中学", "新城中学", "老城中学", "仪阳中学", "实验中学"}
	buses     = []string{"1路公交线", "2路公交线", "3路公交线", "5路公交线", "6路公交线", "8路公交线", "9路公交线", "11路公交线"}
	xinchengs = []string{"新华社区", "向阳小区", "康汇小区", "文化小区", "河滨花园", "阳光花园", "新城街道机关", "新城路企业园", "龙泉小区", "新城社区服务中心"}
	laochengs = []string{"老城社区", "西街小区", "东街小区", "南关小区", "北关小区", "老城街道机关", "老城机械厂", "老城供销社", "孙庄社区"}
	yiyangs   = []string{"仪阳镇驻地", "仪阳镇机关", "仪阳社区", "仪阳纺织厂", "刘台社区", "仪阳镇卫生院"}
	guadians  = []string{"王瓜店街道机关", "王瓜店社区", "王瓜店工业园", "蒋庄社区", "王瓜店农机站"}
)

// demoLedgers are the campaigns' ledgers. The numbers of placements (n) add up to 600
// for the first and 40 for the second. 高新区政府 sends nothing at all.
var demoLedgers = []ledgers{
	{
		campaign: "feicheng", start: civil(time.September, 1), weeks: 8, position: true,
		columns: []string{"序号", "责任单位", "任务", "宣传形式", "设置地点", "数量", "计量单位", "面积(㎡)", "规格", "开始时间", "结束时间", "经度", "纬度", "坐标系", "备注"},
		senders: feichengSenders,
	},
	{
		campaign: "governance", start: time.Date(2020, time.September, 7, 0, 0, 0, 0, time.UTC), weeks: 6,
		columns: []string{"序号", "牵头单位", "机制", "宣传形式", "设置地点", "数量", "计量单位", "面积(㎡)", "规格", "开始时间", "结束时间", "经度", "纬度", "坐标系", "备注"},
		senders: governanceSenders,
	},
}

var feichengSenders = []sender{
	{
		unit: "zhujianju", name: "市住建局", every: 2, first: 1, dates: "2006年1月2日", open: "至验收结束", totals: true,
		faults: []fault{noQuantity, about, noSuchDay, twice},
		streams: []stream{
			{task: "社会宣传1", carrier: "公交站点广告牌", n: 26, measure: "块", low: 2, high: 8, step: 2, places: busStops, size: "1.5m×2m", area: 3, pace: early, remarks: []string{"双面", "背面待换"}},
			{task: "社会宣传1", carrier: "路灯广告牌", n: 24, measure: "块", low: 20, high: 120, step: 10, places: lampPosts, size: "0.8m×1.6m", area: 1.28, pace: steady, remarks: []string{"隔杆设置"}},
			{task: "社会宣传1", carrier: "大型公益广告", n: 20, measure: "处", low: 1, high: 2, step: 1, places: parks, size: "6m×15m", area: 90, pace: early, remarks: []string{"附照片2张", "夜间有照明"}},
			{task: "社会宣传1", carrier: "宣传条幅", n: 20, measure: "条", low: 4, high: 20, step: 2, places: parks, flight: thirtyDays, pace: steady, remarks: []string{"到期更换"}},
			{task: "社会宣传1", carrier: "工地横幅", n: 20, measure: "条", low: 2, high: 8, step: 1, places: sites, flight: mostlyOpen, pace: growing},
		},
	},
	{
		unit: "jiaoyungongsi", name: "交通运输公司", every: 2, dates: "2006/1/2", open: "验收结束", totals: true,
		faults: []fault{negative, about},
		streams: []stream{
			{task: "社会宣传3", carrier: "公交车车身标语", n: 22, measure: "辆", low: 4, high: 16, step: 2, places: buses, pace: early, anywhere: true},
			{task: "社会宣传3", carrier: "出租车标语", n: 12, measure: "辆", low: 20, high: 60, step: 5, places: []string{"城区出租车一队", "城区出租车二队", "城区出租车三队"}, pace: steady, anywhere: true},
			{task: "社会宣传3", carrier: "客运车标语", n: 10, measure: "辆", low: 4, high: 14, step: 2, places: []string{"城际客运班线", "市内客运班线", "旅游包车"}, pace: growing, anywhere: true},
			{task: "社会宣传3", carrier: "车载电视", n: 8, measure: "台", low: 6, high: 20, step: 2, places: []string{"公交车车厢", "客运车车厢"}, pace: steady, anywhere: true, remarks: []string{"每小时播放两次"}},
			{task: "社会宣传3", carrier: "车站宣传广告", n: 8, measure: "张", low: 4, high: 20, step: 2, places: []string{"汽车站候车厅", "汽车站进站口", "汽车站售票厅"}, size: "0.9m×1.2m", area: 1.08, pace: growing, flight: mostlyOpen},
		},
	},
	{
		unit: "gongshangju", name: "市工商局", every: 2, first: 1, dates: "2006.1.2", open: "至验收",
		faults: []fault{about, endFirst},
		streams: []stream{
			{task: "社会宣传4", carrier: "标语牌", n: 20, measure: "块", low: 2, high: 10, step: 1, places: markets, size: "1m×2m", area: 2, pace: late},
			{task: "社会宣传4", carrier: "宣传栏", n: 14, measure: "个", low: 1, high: 3, step: 1, places: markets, pace: late},
			{task: "社会宣传4", carrier: "宣传横幅", n: 12, measure: "条", low: 1, high: 6, step: 1, places: markets, flight: thirtyDays, pace: late},
			{task: "社会宣传4", carrier: "宣传条幅", n: 6, measure: "条", low: 2, high: 8, step: 2, places: markets, flight: toYearEnd, pace: late},
		},
	},
	{
		unit: "jiaoyuju", name: "市教育局", every: 2, dates: "2006-01-02", open: "至验收结束",
		faults: []fault{noQuantity, noYear},
		streams: []stream{
			{task: "社会宣传6", carrier: "节水教育课", n: 26, measure: "课时", low: 1, high: 12, step: 1, places: schools, flight: oneDay, pace: steady, remarks: []string{"各年级同一周开课"}},
			{task: "社会宣传6", carrier: "墙报", n: 20, measure: "块", low: 1, high: 8, step: 1, places: schools, pace: early},
			{task: "社会宣传6", carrier: "橱窗", n: 12, measure: "个", low: 1, high: 4, step: 1, places: schools, pace: steady},
			{task: "社会宣传6", carrier: "校园专栏", n: 10, measure: "期", low: 1, high: 4, step: 1, places: schools, flight: mostlyOpen, pace: growing},
			{task: "社会宣传6", carrier: "演讲比赛", n: 10, measure: "场次", low: 1, high: 3, step: 1, places: schools, flight: oneDay, pace: second, remarks: []string{"主题：珍惜每一滴水"}},
		},
	},
	{
		unit: "guangdian", name: "市广播电视台", every: 3, dates: "2006年1月2日", open: "至验收结束",
		faults: []fault{noYear},
		streams: []stream{
			{task: "媒体宣传1", carrier: "电视专栏", n: 12, measure: "期", low: 1, high: 5, step: 1, places: []string{"市电视台综合频道", "市电视台生活频道"}, pace: early, anywhere: true},
			{task: "媒体宣传1", carrier: "广播专栏", n: 8, measure: "期", low: 2, high: 7, step: 1, places: []string{"广播电台"}, pace: steady, anywhere: true},
			{task: "媒体宣传1", carrier: "访谈节目", n: 10, measure: "期", low: 1, high: 2, step: 1, places: []string{"市电视台演播室", "广播电台直播间"}, flight: oneDay, pace: growing, anywhere: true},
			{task: "媒体宣传1", carrier: "工作动态", n: 14, measure: "条", low: 1, high: 9, step: 1, places: []string{"市电视台新闻节目", "广播电台新闻节目"}, flight: mostlyOpen, pace: steady, anywhere: true},
		},
	},
	{
		unit: "xuanchuanbu", name: "宣传部", every: 3, first: 2, dates: "2006年1月2日", open: "至验收结束",
		faults: []fault{about},
		streams: []stream{
			{task: "媒体宣传1", carrier: "报纸专栏", n: 12, measure: "期", low: 1, high: 3, step: 1, places: []string{"今日肥城"}, pace: early, anywhere: true},
			{task: "媒体宣传2", carrier: "上级媒体稿件", n: 10, measure: "篇", low: 1, high: 4, step: 1, places: []string{"山东电视台", "中国水利报", "省级报纸"}, flight: mostlyOpen, pace: growing, anywhere: true},
			{task: "社会宣传5", carrier: "门前标语", n: 3, measure: "条", low: 1, high: 3, step: 1, places: []string{"机关大院门前"}, pace: steady},
			{task: "社会宣传8", carrier: "宣传单", n: 5, measure: "份", low: 2000, high: 8000, step: 500, places: []string{"全市各单位领取"}, pace: steady, anywhere: true},
			{task: "社会宣传8", carrier: "画报", n: 4, measure: "张", low: 300, high: 1000, step: 100, places: []string{"社区、学校张贴"}, pace: second, anywhere: true},
		},
	},
	{
		unit: "zhengfuban", name: "政府办", every: 4, dates: "2006-01-02", open: "至验收结束",
		streams: []stream{
			{task: "媒体宣传1", carrier: "网站专栏", n: 6, measure: "期", low: 1, high: 3, step: 1, places: []string{"肥城政务网"}, pace: early, anywhere: true},
			{task: "媒体宣传1", carrier: "工作动态", n: 8, measure: "条", low: 2, high: 12, step: 1, places: []string{"肥城政务网"}, pace: steady, anywhere: true},
			{task: "社会宣传2", carrier: "LED屏", n: 2, measure: "块", low: 1, high: 2, step: 1, places: []string{"市政府办公楼", "政务服务大厅"}, pace: steady},
			{task: "社会宣传5", carrier: "门前标语", n: 2, measure: "条", low: 1, high: 2, step: 1, places: []string{"市政府办公楼"}, pace: early},
		},
	},
	{
		unit: "shuiliju", name: "水利局", every: 4, first: 3, dates: "2006.1.2", open: "至验收结束",
		faults: []fault{noQuantity},
		streams: []stream{
			{task: "媒体宣传2", carrier: "稿件", n: 12, measure: "篇", low: 1, high: 3, step: 1, places: []string{"中国水利报", "省水利网站", "山东电视台"}, flight: mostlyOpen, pace: growing, anywhere: true},
			{task: "社会宣传5", carrier: "宣传栏", n: 4, measure: "个", low: 1, high: 2, step: 1, places: []string{"水利局办公楼", "水文站", "自来水公司营业厅"}, pace: early},
			{task: "社会宣传2", carrier: "电子显示屏", n: 3, measure: "块", low: 1, high: 2, step: 1, places: []string{"水利局门前", "自来水公司营业厅"}, pace: early},
			{task: "社会宣传8", carrier: "手册", n: 5, measure: "本", low: 500, high: 3000, step: 250, places: []string{"社区、学校发放", "窗口单位取阅"}, pace: second, anywhere: true},
			{task: "社会宣传7", carrier: "调查问卷", n: 3, measure: "份", low: 40, high: 90, step: 10, places: []string{"自来水公司营业厅", "市直机关"}, flight: oneDay, pace: second},
		},
	},
	{
		unit: "xincheng", name: "新城街道", every: 2, first: 1, dates: "2006年1月2日", open: "至验收结束", totals: true,
		faults: []fault{noQuantity, endFirst},
		streams: []stream{
			{task: "社会宣传5", carrier: "宣传栏", n: 20, measure: "个", low: 1, high: 6, step: 1, places: xinchengs, size: "1.2m×2.4m", area: 2.88, pace: early},
			{task: "社会宣传5", carrier: "门前标语", n: 16, measure: "条", low: 1, high: 6, step: 1, places: xinchengs, flight: mostlyOpen, pace: steady},
			{task: "社会宣传5", carrier: "楼体标语", n: 10, measure: "条", low: 1, high: 4, step: 1, places: xinchengs, flight: thirtyDays, pace: growing},
			{task: "社会宣传7", carrier: "调查问卷", n: 6, measure: "份", low: 20, high: 80, step: 10, places: xinchengs, flight: mostlyOpen, pace: second},
			{task: "社会宣传2", carrier: "电子显示屏", n: 4, measure: "块", low: 1, high: 2, step: 1, places: []string{"新城街道机关", "新城社区服务中心"}, pace: steady},
		},
	},
	{
		unit: "laocheng", name: "老城街道办事处", every: 3, first: 1, dates: "2006/1/2", open: "至验收结束",
		faults: []fault{noYear},
		streams: []stream{
			{task: "社会宣传5", carrier: "宣传栏", n: 20, measure: "个", low: 1, high: 5, step: 1, places: laochengs, pace: early},
			{task: "社会宣传5", carrier: "门前标语", n: 16, measure: "条", low: 1, high: 5, step: 1, places: laochengs, flight: mostlyOpen, pace: early},
			{task: "社会宣传5", carrier: "楼体标语", n: 6, measure: "条", low: 1, high: 3, step: 1, places: laochengs, flight: thirtyDays, pace: early, remarks: []string{"风大，加固过"}},
			{task: "社会宣传7", carrier: "调查问卷", n: 6, measure: "份", low: 20, high: 60, step: 10, places: laochengs, flight: mostlyOpen, pace: second},
		},
	},
	{
		unit: "yiyang", name: "仪阳镇", every: 3, dates: "2006-1-2", open: "至验收结束",
		faults: []fault{noQuantity},
		streams: []stream{
			{task: "社会宣传5", carrier: "宣传栏", n: 14, measure: "个", low: 1, high: 4, step: 1, places: yiyangs, pace: second},
			{task: "社会宣传5", carrier: "门前标语", n: 12, measure: "条", low: 1, high: 4, step: 1, places: yiyangs, flight: mostlyOpen, pace: second},
			{task: "社会宣传7", carrier: "调查问卷", n: 4, measure: "份", low: 20, high: 50, step: 10, places: yiyangs, flight: oneDay, pace: second},
		},
	},
	{
		unit: "wangguadian", name: "王瓜店街道", every: 2, dates: "2006年1月2日", open: "至验收结束",
		faults: []fault{endFirst},
		streams: []stream{
			{task: "社会宣传5", carrier: "宣传栏", n: 12, measure: "个", low: 1, high: 3, step: 1, places: guadians, pace: late},
			{task: "社会宣传5", carrier: "门前标语", n: 12, measure: "条", low: 1, high: 3, step: 1, places: guadians, flight: thirtyDays, pace: late},
			{task: "社会宣传7", carrier: "调查问卷", n: 4, measure: "份", low: 20, high: 40, step: 10, places: guadians, flight: oneDay, pace: late},
		},
	},
	{
		// The office enters the screens of the places that the plan names, in the
		// encoding of its old spreadsheet program.
		name: "市创建办", every: 4, dates: "2006-01-02", open: "至验收结束", gb18030: true,
		faults: []fault{unknownUnit, unknownUnit},
		streams: []stream{
			{unit: "新华书店", task: "社会宣传2", carrier: "电子显示屏", n: 3, measure: "块", low: 1, high: 2, step: 1, places: []string{"新华书店门前"}, pace: early},
			{unit: "汽车站", task: "社会宣传2", carrier: "电子显示屏", n: 4, measure: "块", low: 1, high: 3, step: 1, places: []string{"汽车站候车厅", "汽车站广场"}, pace: early},
			{unit: "人民会堂", task: "社会宣传2", carrier: "电子显示屏", n: 3, measure: "块", low: 1, high: 2, step: 1, places: []string{"人民会堂门前"}, pace: steady},
			{unit: "宝盛大酒店", task: "社会宣传2", carrier: "LED屏", n: 3, measure: "块", low: 1, high: 2, step: 1, places: []string{"宝盛大酒店大堂", "宝盛大酒店门前"}, pace: second, remarks: []string{"与酒店广告轮播"}},
			{unit: "体育场", task: "社会宣传2", carrier: "电子显示屏", n: 2, measure: "块", low: 1, high: 1, step: 1, places: []string{"体育场记分屏"}, flight: toYearEnd, pace: late},
		},
	},
}

var governanceSenders = []sender{
	{
		unit: "nongyeju", name: "县农业农村局", every: 6, dates: "2006年1月2日", open: "至试点总结",
		streams: []stream{
			{task: "自治1", carrier: "培训", n: 4, measure: "期", low: 1, high: 3, step: 1, places: []string{"县委党校", "乡村振兴学院"}, flight: oneDay, pace: steady},
			{task: "德治3", carrier: "宣传手册", n: 2, measure: "本", low: 500, high: 2000, step: 500, places: []string{"各村文化礼堂"}, pace: steady},
		},
	},
	{
		unit: "sifaju", name: "县司法局", every: 3, dates: "2006-01-02", open: "至试点总结",
		faults: []fault{about},
		streams: []stream{
			{task: "法治1", carrier: "法治讲堂", n: 6, measure: "场", low: 1, high: 3, step: 1, places: []string{"曼岙村文化礼堂", "清溪镇文化站", "海沿乡会议室"}, flight: oneDay, pace: steady},
			{task: "法治2", carrier: "调解室", n: 4, measure: "个", low: 1, high: 2, step: 1, places: []string{"沙柳街道综治中心", "清溪镇综治中心", "海沿乡综治中心"}, pace: early},
		},
	},
	{
		unit: "shaliu", name: "沙柳街道", every: 6, first: 5, dates: "2006/1/2", open: "至试点总结",
		streams: []stream{
			{task: "自治4", carrier: "入户走访", n: 4, measure: "户", low: 20, high: 80, step: 10, places: []string{"曼岙村网格", "街道所在地网格"}, flight: oneDay, pace: growing},
			{task: "德治1", carrier: "道德红榜", n: 3, measure: "期", low: 1, high: 1, step: 1, places: []string{"街道文化广场", "街道宣传长廊", "街道便民中心"}, pace: steady},
		},
	},
	{
		unit: "manao", name: "曼岙村", every: 3, dates: "2006年1月2日", open: "至试点总结", totals: true,
		faults: []fault{noQuantity},
		streams: []stream{
			{task: "自治2", carrier: "议事会", n: 4, measure: "次", low: 1, high: 2, step: 1, places: []string{"村民议事厅"}, flight: oneDay, pace: steady},
			{task: "法治3", carrier: "公开栏", n: 3, measure: "块", low: 1, high: 2, step: 1, places: []string{"村委会门前", "村口"}, pace: early},
			{task: "德治4", carrier: "积分榜", n: 2, measure: "期", low: 1, high: 1, step: 1, places: []string{"村委会门前", "村口"}, pace: growing},
		},
	},
	{
		unit: "shangxi", name: "上溪村", every: 6, dates: "2006.1.2", open: "至试点总结",
		streams: []stream{
			{task: "德治2", carrier: "公开栏", n: 3, measure: "块", low: 1, high: 2, step: 1, places: []string{"村委会门前", "村口", "文化礼堂"}, pace: growing},
			{task: "法治1", carrier: "法治图书角", n: 2, measure: "个", low: 1, high: 1, step: 1, places: []string{"村图书室", "文化礼堂"}, pace: late},
			{task: "德治2", carrier: "议事会", n: 3, measure: "次", low: 1, high: 2, step: 1, places: []string{"村民议事厅"}, flight: oneDay, pace: steady},
		},
	},
}

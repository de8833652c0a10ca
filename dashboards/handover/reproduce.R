# 用本文件夹里的数据重新计算每一个印出的数字，与印出的逐一比较。
# 运行：Rscript reproduce.R        （R 4.0 以上，程序包 survey）
#
# responses.csv  每份答卷一行          design.csv   每份答卷怎样抽到、代表多少人
# totals.csv     权重所依据的总体人数  figures.csv  印出的数字，以及每个数字怎样算
#
# 结束状态：0 全部一致；1 有数字不一致，或没有一个数字能核对；2 无法运行。

stop_with <- function(...) { cat(..., "\n", sep = ""); quit(save = "no", status = 2) }
options(error = function() quit(save = "no", status = 2), survey.lonely.psu = "adjust", warn = 1)
invisible(suppressWarnings(Sys.setlocale("LC_CTYPE", "C.UTF-8")))
if (!requireNamespace("survey", quietly = TRUE)) stop_with("没有程序包 survey。请先在 R 里运行 install.packages(\"survey\")。")
suppressPackageStartupMessages(library(survey))

here <- sub("^--file=", "", grep("^--file=", commandArgs(FALSE), value = TRUE))
here <- if (length(here) == 1) dirname(gsub("~+~", " ", here, fixed = TRUE)) else "."

# ---- 读文件 ---------------------------------------------------------------

# 所有格都按文字读；写文件时为防公式而加的撇号去掉。
plain <- function(x) sub("^'(?=\\s*([-=+@]|\uff1d|\uff0b|\uff0d|\uff20))", "", x, perl = TRUE)
read <- function(name, only = NULL) {
  path <- file.path(here, name)
  if (!file.exists(path)) stop_with("缺少文件 ", name, "。")
  # encoding 只作标记，不转换，所以与运行时的语言环境无关；开头的字节顺序标记自己去掉。
  table <- function(...) {
    x <- read.csv(path, encoding = "UTF-8", check.names = FALSE, na.strings = character(0), ...)
    names(x)[1] <- sub("^\xef\xbb\xbf", "", names(x)[1], useBytes = TRUE)
    x
  }
  head <- names(table(nrows = 1, colClasses = "character"))
  x <- table(colClasses = if (is.null(only)) "character" else ifelse(head %in% only, "character", "NULL"))
  x[] <- lapply(x, plain)
  x
}
parts <- function(x) if (x == "") character(0) else strsplit(x, ";", fixed = TRUE)[[1]]
valued <- function(x) {
  list <- parts(x)
  setNames(as.numeric(sub("^.*=", "", list)), sub("=[^=]*$", "", list))
}

figures <- read("figures.csv")
design <- read("design.csv")
totals <- read("totals.csv")
calibration <- totals[totals$use == "calibration", ]
data <- read("responses.csv", c("row", unlist(lapply(figures$variables, parts)), figures$group, calibration$variable))
if (nrow(data) != nrow(design) || any(data$row != design$row)) stop_with("responses.csv 与 design.csv 的行对不上。")
design$weight <- as.numeric(design$weight)
design$fpc <- as.numeric(design$fpc)

# ---- 抽样设计 --------------------------------------------------------------

# 没有权重的答卷不参加加权计算；没有编号的抽样单元各算各的。
weighed <- which(!is.na(design$weight))
drawn <- with(design[weighed, ], data.frame(.stratum = factor(stratum), .psu = ifelse(psu == "", paste("row", row), psu), .weight = weight, .fpc = fpc))
together <- any(design$psu[weighed] != "")
finite <- nrow(drawn) > 0 && !anyNA(drawn$.fpc)
sample_of <- NULL
designed <- function() {
  if (is.null(sample_of)) {
    x <- cbind(drawn, data[weighed, unique(calibration$variable), drop = FALSE])
    sample_of <<- svydesign(ids = if (together) ~.psu else ~1, strata = ~.stratum, weights = ~.weight, fpc = if (finite) ~.fpc else NULL, data = x)
  }
  sample_of
}
calibrated_of <- NULL
calibrated <- function() {
  if (is.null(calibrated_of)) {
    names <- unique(calibration$variable)
    margins <- lapply(names, function(v) as.formula(paste0("~", v)))
    known <- lapply(names, function(v) {
      k <- calibration[calibration$variable == v, ]
      setNames(data.frame(k$code, as.numeric(k$total)), c(v, "Freq"))
    })
    calibrated_of <<- if (length(names) == 1) postStratify(designed(), margins[[1]], known[[1]])
      else rake(designed(), margins, known, control = list(maxit = 1000, epsilon = 1e-12))
  }
  calibrated_of
}

# ---- 一个数字 --------------------------------------------------------------

# 每份答卷在这个数字里的值（1、0 或分值）；NA 是不在基数里。
values_of <- function(f) {
  names <- parts(f$variables)
  if (f$multiple == "yes") {   # 多选题：每个选项一列
    chosen <- sapply(names, function(v) data[[v]] == "1")
    dim(chosen) <- c(nrow(data), length(names))
    colnames(chosen) <- names
    answered <- rowSums(chosen) > 0
    base <- answered & rowSums(chosen[, !names %in% parts(f$leave), drop = FALSE]) > 0
    return(ifelse(base, as.numeric(rowSums(chosen[, names %in% parts(f$positive), drop = FALSE]) > 0), NA))
  }
  code <- data[[names]]
  base <- code != "" & !code %in% parts(f$leave)
  y <- if (f$kind == "share") as.numeric(code %in% parts(f$positive))
    else if (f$values == "") suppressWarnings(as.numeric(code))
    else unname(valued(f$values)[match(code, names(valued(f$values)))])
  ifelse(base, y, NA)
}
inside <- function(f) if (f$group == "") rep(TRUE, nrow(data)) else data[[f$group]] == f$group_code

# Wilson 得分区间；n 可以不是整数。
wilson <- function(p, n, level) {
  z <- qnorm(1 - (1 - level) / 2)
  ci <- (p + z^2 / (2 * n) + c(-1, 1) * z * sqrt(p * (1 - p) / n + z^2 / (4 * n^2))) / (1 + z^2 / n)
  c(if (p == 0) 0 else max(ci[1], 0), if (p == 1) 1 else min(ci[2], 1))
}

counted <- function(f, y) {   # 不加权
  y <- y[!is.na(y)]
  n <- length(y)
  if (n == 0) return(list(value = NA, ci = c(NA, NA), n = 0))
  m <- mean(y)
  ci <- c(NA, NA)
  if (f$interval == "wilson") ci <- wilson(m, n, f$level)
  if (f$interval == "t" && n > 1 && var(y) > 0) {
    ci <- m + c(-1, 1) * qt(1 - (1 - f$level) / 2, n - 1) * sd(y) / sqrt(n)
    ends <- if (f$values == "") c(-Inf, Inf) else range(valued(f$values))
    ci <- c(max(ci[1], ends[1]), min(ci[2], ends[2]))
  }
  list(value = m, ci = ci, n = n)
}

# 似然比区间：偏差等于 (t·se)² 的两个比例（svyciprop 用样条近似，这里直接求根）。
likelihood <- function(p, half) {
  distance <- function(q) 2 * p * (1 - p) * (p * log(p / q) + (1 - p) * log((1 - p) / (1 - q))) - half^2
  c(uniroot(distance, c(1e-12, p), tol = 1e-14)$root, uniroot(distance, c(p, 1 - 1e-12), tol = 1e-14)$root)
}

interval <- function(f, p, se, n, df) {   # 按抽样设计
  half <- qt(1 - (1 - f$level) / 2, df) * se
  if (f$interval == "mean") return(p + c(-1, 1) * half)
  if (f$interval %in% c("logit", "xlogit")) return(plogis(qlogis(p) + c(-1, 1) * half / (p * (1 - p))))
  if (f$interval == "asin") return(sin(asin(sqrt(p)) + c(-1, 1) * half / (2 * sqrt(p * (1 - p))))^2)
  if (f$interval == "likelihood") return(likelihood(p, half))
  effective <- p * (1 - p) / se^2
  if (n > 1) effective <- effective * (qt((1 - f$level) / 2, n - 1) / qt((1 - f$level) / 2, df))^2
  if (f$interval == "wilson") return(wilson(p, effective, f$level))
  a <- (1 - f$level) / 2
  c(qbeta(a, effective * p, effective * (1 - p) + 1), qbeta(1 - a, effective * p + 1, effective * (1 - p)))
}

estimated <- function(f, y) {   # 按抽样设计加权
  d <- if (f$weighting == "calibrated") calibrated() else designed()
  y <- y[weighed]
  in_base <- !is.na(y)
  d$variables$.y <- ifelse(in_base, y, 0)
  s <- subset(d, in_base)   # 抽样设计保留不在基数里的人：抽了多少，他们也算
  given <- y[in_base & weights(d) > 0]
  if (length(given) == 0) return(list(value = NA, ci = c(NA, NA), n = 0))
  m <- svymean(~.y, s)
  p <- coef(m)[[1]]
  se <- suppressWarnings(SE(m)[[1]])
  df <- degf(s)
  ci <- c(NA, NA)
  spread <- is.finite(se) && se > 0 && df >= 1 && length(unique(given)) > 1
  if (f$interval != "" && spread) ci <- interval(f, p, se, sum(in_base), df)
  else if (f$interval != "" && f$kind == "share" && length(unique(given)) == 1) ci <- wilson(p, length(given), f$level)
  list(value = p, ci = ci, n = length(given))
}

done <- list()   # 已算出的数字，供综合指数用
compute <- function(f) {
  if (f$kind == "composite") {
    w <- valued(f$parts)
    return(list(value = sum(w * sapply(names(w), function(id) if (is.null(done[[id]])) NA else done[[id]])), ci = c(NA, NA), n = NA))
  }
  here <- inside(f)
  if (f$kind == "mentions") {
    sums <- sapply(parts(f$variables), function(v) sum(data[[v]][here] == "1"))
    all <- sum(sums)
    return(list(value = if (all == 0) NA else 100 * sum(sums[parts(f$positive)]) / all, ci = c(NA, NA), n = all))
  }
  y <- values_of(f)
  y[!here] <- NA
  r <- if (f$weighting == "none") counted(f, y) else estimated(f, y)
  scale <- if (f$kind == "share") 100 else 1
  list(value = scale * r$value, ci = scale * r$ci, n = r$n)
}

# ---- 与印出的比较 ----------------------------------------------------------

digits <- function(text) if (grepl(".", text, fixed = TRUE)) nchar(sub("^[^.]*\\.", "", text)) else 0
same <- function(x, text, units = 0.5) {
  if (text %in% c("", "\u2013")) return(is.na(x))
  printed <- suppressWarnings(as.numeric(text))
  !is.na(x) && !is.na(printed) && abs(x - printed) <= units * 10^-digits(text) + 1e-8 * max(1, abs(x))
}
show <- function(x, text) if (is.na(x)) "\u2013" else formatC(x, format = "f", digits = digits(text) + 2)

different <- 0; agreed <- 0; unchecked <- 0
for (i in seq_len(nrow(figures))) {
  f <- as.list(figures[i, ])
  f$level <- as.numeric(f$level)
  if (f$check == "none") {
    unchecked <- unchecked + 1
    cat("未核对  ", f$id, "  ", f$label, "  印出 ", f$value, "  ", f$why, "\n", sep = "")
    next
  }
  r <- compute(f)
  done[[f$id]] <- r$value
  bounds <- f$check == "all"
  ok <- same(r$value, f$value, if (f$rounded == "yes") 1 else 0.5) &&
    (!bounds || same(r$ci[1], f$lower) && same(r$ci[2], f$upper)) && (f$base == "" || r$n == as.numeric(f$base))
  if (ok) agreed <- agreed + 1 else different <- different + 1
  cat(if (ok) "一致    " else "不一致  ", f$id, "  ", f$label,
    "  印出 ", f$value, if (f$lower != "") paste0(" [", f$lower, ", ", f$upper, "]") else "", if (f$base != "") paste0(" n=", f$base) else "",
    "  算出 ", show(r$value, f$value), if (!is.na(r$ci[1])) paste0(" [", show(r$ci[1], f$lower), ", ", show(r$ci[2], f$upper), "]") else "", if (!is.na(r$n)) paste0(" n=", r$n) else "",
    if (!bounds) paste0("  （", f$why, "）") else "", "\n", sep = "")
}

# 权重应当加到总体人数。
sums <- tapply(drawn$.weight, drawn$.stratum, sum)
for (i in which(totals$use == "weight")) {
  sum <- sums[totals$code[i]]
  if (is.na(sum) || abs(sum - as.numeric(totals$total[i])) > 1e-6 * as.numeric(totals$total[i])) {
    different <- different + 1
    cat("不一致  权重合计  ", totals$label[i], "  总体 ", totals$total[i], "  算出 ", format(unname(sum)), "\n", sep = "")
  }
}

cat("\n", agreed, "个数字一致，", different, "个不一致，", unchecked, "个按小单元规则等原因未核对。\n", sep = "")
quit(save = "no", status = if (different > 0 || agreed == 0) 1 else 0)

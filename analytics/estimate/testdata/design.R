# Golden values of the designed estimates, made by an independent tool.
# Run in this folder: Rscript design.R   (R 4.2.2, survey 4.1.1 from Debian 12)
#
# sample.csv is made here from a fixed seed: 7 strata of very unequal size, one of them
# with a single school; unequal weights, one row weighing 10^4 times the median; missing
# answers; a rare answer; classes within schools with populations at both stages.
suppressMessages(library(survey))
RNGversion("4.2.0"); set.seed(20140905)

schools <- c(a = 2, b = 3, c = 5, d = 8, e = 4, f = 12, g = 1)
rows <- list()
for (s in names(schools)) for (p in seq_len(schools[[s]])) for (k in seq_len(sample(2:4, 1))) {
  n <- sample(1:9, 1)
  rows[[length(rows) + 1]] <- data.frame(stratum = s, school = paste0(s, p), class = paste0("k", k), n = seq_len(n))
}
x <- do.call(rbind, rows)
n <- nrow(x)
x$weight <- round(exp(rnorm(n, 2, 1)), 3)
x$weight[17] <- 60000
x$weight[23] <- 0
x$schools <- c(a = 20, b = 9, c = 5, d = 80, e = 40, f = 200, g = 1)[x$stratum]
x$classes <- ave(seq_len(n), x$school, FUN = function(i) length(unique(x$class[i]))) + as.integer(factor(x$school)) %% 4
lift <- c(a = .3, b = -.5, c = 0, d = .8, e = -1, f = .2, g = 0)[x$stratum]
x$know <- rbinom(n, 1, plogis(lift + .5))
x$rare <- 0; x$rare[c(5, 90)] <- 1
x$score <- round(60 + 15 * lift + rnorm(n, 0, 12), 1)
x$hours <- round(rexp(n, .3), 2)
x$sex <- sample(c("f", "m"), n, TRUE)
x$level <- sample(1:4, n, TRUE, c(.5, .3, .15, .05))
x$know[sample(n, 11)] <- NA
x$score[sample(n, 7)] <- NA
x$row <- seq_len(n)
x$n <- NULL
write.csv(x, "sample.csv", row.names = FALSE, na = "", quote = FALSE)

out <- list()
put <- function(design, what, variable, domain, value, se, df, deff) out[[length(out) + 1]] <<-
  data.frame(design, what, variable, domain, value = sprintf("%.17g", value), se = sprintf("%.17g", se), df, deff = sprintf("%.17g", deff))
groups <- list(); overlap <- list(); bounds <- list(); tests <- list(); quantiles <- list()

alone <- x$stratum != "g"
designs <- list(
  simple = svydesign(~1, data = x),
  weighted = svydesign(~1, weights = ~weight, data = x),
  stratified = svydesign(~1, strata = ~stratum, weights = ~weight, data = x),
  clustered = svydesign(~school, strata = ~stratum, weights = ~weight, data = x[alone, ]),
  corrected = svydesign(~school, strata = ~stratum, weights = ~weight, fpc = ~schools, data = x[alone, ]),
  stages = svydesign(~school + class, strata = ~stratum, weights = ~weight, fpc = ~schools + classes, data = x[alone, ], nest = FALSE),
  adjust = svydesign(~school, strata = ~stratum, weights = ~weight, data = x),
  average = svydesign(~school, strata = ~stratum, weights = ~weight, data = x),
  certainty = svydesign(~school, strata = ~stratum, weights = ~weight, data = x),
  remove = svydesign(~school, strata = ~stratum, weights = ~weight, data = x))
for (name in names(designs)) {
  d <- designs[[name]]
  options(survey.lonely.psu = if (name %in% c("adjust", "average", "certainty", "remove")) name else "fail")
  for (dom in c("", "f", "level4")) {
    s <- switch(dom, "f" = subset(d, sex == "f"), "level4" = subset(d, level == 4), d)
    for (v in c("know", "rare", "score")) {
      f <- as.formula(paste0("~", v))
      m <- svymean(f, s, na.rm = TRUE, deff = TRUE)
      ok <- !is.na(s$variables[[v]]) & weights(s) != 0
      # degf of those with a value: what our figures carry
      put(name, "mean", v, dom, coef(m), SE(m), degf(subset(s, !is.na(get(v)))), deff(m))
      t <- svytotal(f, s, na.rm = TRUE, deff = TRUE)
      put(name, "total", v, dom, coef(t), SE(t), degf(subset(s, !is.na(get(v)))), deff(t))
    }
    r <- svyratio(~score, ~hours, subset(s, !is.na(score)), deff = TRUE)
    put(name, "ratio", "score/hours", dom, coef(r), SE(r), degf(subset(s, !is.na(score))), deff(r))
  }
  b <- svyby(~score, ~sex, subset(d, !is.na(score)), svymean, covmat = TRUE)
  con <- svycontrast(b, c(f = 1, m = -1)); all <- degf(subset(d, !is.na(score)))
  groups[[length(groups) + 1]] <- data.frame(design = name, difference = sprintf("%.17g", coef(con)), se = sprintf("%.17g", SE(con)), df = all, p = sprintf("%.17g", 2 * pt(-abs(coef(con) / SE(con)), all)))
  # Three domains that overlap, as the options of a multiple choice: each mean is a ratio, and
  # covmat holds what the people in two of them have in common.
  o <- update(subset(d, !is.na(score) & !is.na(hours)), a = as.numeric(hours > 2), b = as.numeric(sex == "f"), c = as.numeric(level == 4),
    sa = score * (hours > 2), sb = score * (sex == "f"), sc = score * (level == 4))
  o <- subset(o, a + b + c > 0)
  r <- svyratio(~sa + sb + sc, ~a + b + c, o, covmat = TRUE)
  for (pair in list(c("a", "b"), c("a", "c"), c("b", "c"))) {
    k <- setNames(c(1, -1), paste0("s", pair, "/", pair))
    con <- svycontrast(r, k); df <- degf(o)
    overlap[[length(overlap) + 1]] <- data.frame(design = name, first = pair[1], second = pair[2], difference = sprintf("%.17g", coef(con)), se = sprintf("%.17g", SE(con)), df, p = sprintf("%.17g", 2 * pt(-abs(coef(con) / SE(con)), df)))
  }
  for (rows in c("know", "level", "sex")) for (columns in c("level", "stratum")) if (rows != columns) {
    k <- eval(bquote(subset(d, !is.na(.(as.name(rows))) & weight > 0)))
    r <- try(svychisq(as.formula(paste0("~", rows, "+", columns)), k, statistic = "F"), silent = TRUE)
    if (inherits(r, "try-error")) next
    tests[[length(tests) + 1]] <- data.frame(design = name, rows, columns, statistic = sprintf("%.17g", r$statistic), df1 = sprintf("%.17g", r$parameter[1]), df2 = sprintf("%.17g", r$parameter[2]), p = sprintf("%.17g", r$p.value))
  }
  for (dom in c("", "f")) {
    s <- subset(if (dom == "f") subset(d, sex == "f") else d, !is.na(score) & weight > 0)
    q <- svyquantile(~score, s, c(.1, .25, .5, .9), interval.type = "mean", qrule = "math", df = degf(s))[[1]]
    quantiles[[length(quantiles) + 1]] <- data.frame(design = name, domain = dom, at = rownames(q), quantile = sprintf("%.17g", q[, 1]), lower = sprintf("%.17g", q[, 2]), upper = sprintf("%.17g", q[, 3]), se = sprintf("%.17g", q[, 4]))
  }
  k <- subset(d, !is.na(know))
  for (method in c("mean", "logit", "xlogit", "beta", "asin", "likelihood")) {
    ci <- attr(svyciprop(~know, k, method = method), "ci")
    bounds[[length(bounds) + 1]] <- data.frame(design = name, variable = "know", method, level = 0.95, lower = sprintf("%.17g", ci[1]), upper = sprintf("%.17g", ci[2]))
  }
  # svyciprop interpolates the profile of the likelihood with a spline, to about 1e-3;
  # here the same equation is solved.
  m <- svymean(~know, k); p <- coef(m); half <- qt(.975, degf(k)) * SE(m)
  dev <- function(q) 2 * p * (1 - p) * (p * log(p / q) + (1 - p) * log((1 - p) / (1 - q))) - half^2
  ci <- c(uniroot(dev, c(1e-9, p), tol = 1e-15)$root, uniroot(dev, c(p, 1 - 1e-12), tol = 1e-15)$root)
  bounds[[length(bounds) + 1]] <- data.frame(design = name, variable = "know", method = "likelihood solved", level = 0.95, lower = sprintf("%.17g", ci[1]), upper = sprintf("%.17g", ci[2]))
  ci <- attr(svyciprop(~know, k, method = "beta", level = 0.8), "ci")
  bounds[[length(bounds) + 1]] <- data.frame(design = name, variable = "know", method = "beta", level = 0.8, lower = sprintf("%.17g", ci[1]), upper = sprintf("%.17g", ci[2]))
}
write.csv(do.call(rbind, out), "design.csv", row.names = FALSE, quote = FALSE)
write.csv(do.call(rbind, bounds), "bounds.csv", row.names = FALSE, quote = FALSE)
write.csv(do.call(rbind, tests), "tests.csv", row.names = FALSE, quote = FALSE)
write.csv(do.call(rbind, quantiles), "quantiles.csv", row.names = FALSE, quote = FALSE)
write.csv(do.call(rbind, groups), "groups.csv", row.names = FALSE, quote = FALSE)
write.csv(do.call(rbind, overlap), "overlap.csv", row.names = FALSE, quote = FALSE)

# Replicate weights: of means, a ratio, and a statistic without a formula.
reps <- list()
whole <- x[x$stratum != "g", ]; whole$know[is.na(whole$know)] <- 0; whole$score[is.na(whole$score)] <- 50
for (name in c("JK1", "JKn", "fpc")) {
  d <- switch(name, JK1 = svydesign(~school, weights = ~weight, data = whole),
    JKn = svydesign(~school, strata = ~stratum, weights = ~weight, data = whole),
    fpc = svydesign(~school, strata = ~stratum, weights = ~weight, fpc = ~schools, data = whole))
  r <- as.svrepdesign(d, type = if (name == "JK1") "JK1" else "JKn")
  for (stat in c("mean", "ratio", "correlation")) {
    e <- switch(stat, mean = svymean(~score, r),
      ratio = withReplicates(r, quote(sum(.weights * score) / sum(.weights * hours))),
      correlation = withReplicates(r, function(w, data) cov.wt(cbind(data$score, data$hours), w / sum(w), cor = TRUE, method = "ML")$cor[1, 2]))
    reps[[length(reps) + 1]] <- data.frame(design = name, statistic = stat, value = sprintf("%.17g", coef(e)), se = sprintf("%.17g", SE(e)))
  }
}
write.csv(do.call(rbind, reps), "replicates.csv", row.names = FALSE, quote = FALSE)

# Expected values for the tests of this folder, from base R's own functions.
# Run in this folder: Rscript screening.R   (R 4.2.2, Debian package r-base-core)
# aov() gives the mean squares of distributors nested in strata; the correlation and its F
# interval are put together from them (Searle, Casella and McCulloch 1992; Donner and Wells
# 1986). chisq.test() tests last digits; the runs test is written out, rle() counting the runs.
digits <- function(x) sprintf("%.15g", x)
set.seed(20260901)

# Unequal distributors in three strata, one of them with a single distributor.
sizes <- list(a = c(5, 12, 7, 30), b = c(9, 2), c = c(8), d = c(1, 1, 6, 15, 4))
rows <- do.call(rbind, lapply(names(sizes), function(s) do.call(rbind, lapply(seq_along(sizes[[s]]), function(d)
  data.frame(stratum = s, distributor = paste0(s, d), n = seq_len(sizes[[s]][d]))))))
shift <- setNames(rnorm(length(unique(rows$distributor)), sd = 0.6), unique(rows$distributor))
rows$strong <- round(3 + shift[rows$distributor] + rnorm(nrow(rows)), 2)
rows$none <- round(rnorm(nrow(rows)), 2)
rows$grade <- pmin(4, pmax(0, round(2 + shift[rows$distributor] + rnorm(nrow(rows)))))
write.csv(rows[, c("stratum", "distributor", "strong", "none", "grade")], "effect.csv", row.names = FALSE, quote = FALSE)

correlate <- function(y, x, level) {
  x$y <- y
  several <- length(unique(x$stratum)) > 1
  m <- if (several) aov(y ~ factor(stratum) + factor(stratum):factor(distributor), x) else aov(y ~ factor(distributor), x)
  t <- summary(m)[[1]]
  k <- nrow(t)
  b <- t[k - 1, "Mean Sq"]; w <- t[k, "Mean Sq"]; d1 <- t[k - 1, "Df"]; d2 <- t[k, "Df"]
  cell <- tapply(x$y, x$distributor, length)
  of <- tapply(x$stratum, x$distributor, function(s) s[1])
  n <- tapply(x$y, x$stratum, length)
  m0 <- (sum(n) - sum(cell^2 / n[of])) / d1
  f <- b / w; a <- (1 - level) / 2
  lower <- f / qf(1 - a, d1, d2); upper <- f / qf(a, d1, d2)
  c(value = (b - w) / (b + (m0 - 1) * w), lower = (lower - 1) / (lower + m0 - 1), upper = (upper - 1) / (upper + m0 - 1),
    f = f, df1 = d1, df2 = d2, p = t[k - 1, "Pr(>F)"], size = m0)
}
out <- list()
for (stratum in c("", "a")) for (v in c("strong", "none", "grade")) for (level in c(0.95, 0.8)) {
  x <- if (stratum == "") rows else rows[rows$stratum == stratum, ]
  out[[length(out) + 1]] <- c(stratum = stratum, variable = v, level = level, digits(correlate(x[[v]], x, level)))
}
out <- do.call(rbind, out)
colnames(out) <- c("stratum", "variable", "level", "value", "lower", "upper", "f", "df1", "df2", "p", "size")
write.csv(out, "correlations.csv", row.names = FALSE, quote = FALSE)

even <- as.vector(rmultinom(1, 120, rep(1, 10)))
tables <- list(even, c(30, 4, 6, 5, 7, 26, 5, 6, 4, 7), c(0, 0, 50, 0, 0, 0, 0, 0, 0, 10), rep(7, 10))
write.csv(do.call(rbind, lapply(tables, function(x) {
  t <- suppressWarnings(chisq.test(x))
  c(counts = paste(x, collapse = " "), statistic = digits(t$statistic), p = digits(t$p.value))
})), "digits.csv", row.names = FALSE, quote = FALSE)

runs <- function(x) {
  s <- sign(x - median(x)); s <- s[s != 0]
  a <- sum(s > 0); b <- sum(s < 0); n <- a + b
  z <- (length(rle(s)$lengths) - (2 * a * b / n + 1)) / sqrt(2 * a * b * (2 * a * b - n) / (n^2 * (n - 1)))
  c(n = n, statistic = digits(z), p = digits(2 * pnorm(-abs(z))))
}
sequences <- list(round(rnorm(40), 2), round(cumsum(rnorm(61)), 1), rep(c(1, 3, 1.5, 2.5), 8), sample(0:4, 50, TRUE), 1:24)
write.csv(do.call(rbind, lapply(sequences, function(x) c(values = paste(x, collapse = " "), runs(x)))), "runs.csv", row.names = FALSE, quote = FALSE)

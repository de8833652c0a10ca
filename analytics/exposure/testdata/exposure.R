# Expected values for the exposure tests, from base R 4.2.2 (Debian r-base-core).
# Run with: Rscript exposure.R
digits <- function(x) sprintf("%.15g", x)

cases <- list(
  list(0:4, c(40, 90, 150, 80, 38), c(100, 160, 220, 100, 42)),
  list(0:3, c(83, 90, 129, 70), c(86, 93, 136, 82)),          # the smokers of R's own example
  list(c(0, 1, 2, 5), c(3, 2, 9, 12), c(10, 4, 17, 14)),
  list(c(1, 2), c(30, 45), c(60, 61)),
  list(0:5, c(50, 49, 52, 50, 47, 51), rep(100, 6)))
out <- file("trend.csv", "w")
writeLines("case,channels,aware,base,chisq,p,departure,slope,lower,upper", out)
for (k in seq_along(cases)) {
  s <- cases[[k]][[1]]; x <- cases[[k]][[2]]; n <- cases[[k]][[3]]
  t <- prop.trend.test(x, n, s)
  all <- suppressWarnings(chisq.test(cbind(x, n - x), correct = FALSE))
  departure <- if (length(s) > 2) pchisq(all$statistic - t$statistic, length(s) - 2, lower.tail = FALSE) else 1
  persons <- data.frame(s = rep(rep(s, 2), c(x, n - x)), y = rep(c(1, 0), c(sum(x), sum(n - x))))
  slope <- 100 * coef(lm(y ~ s, persons))[[2]]
  m <- weighted.mean(s, n); p <- x / n
  se <- 100 * sqrt(sum((n * (s - m))^2 * p * (1 - p) / n)) / sum(n * (s - m)^2)
  for (i in seq_along(s)) writeLines(paste(k, s[i], x[i], n[i], digits(t$statistic), digits(t$p.value), digits(departure), digits(slope), digits(slope - qnorm(0.975) * se), digits(slope + qnorm(0.975) * se), sep = ","), out)
}
close(out)

set.seed(14)
areas <- list(
  list(place = rpois(14, 40), people = round(runif(14, 8, 60) * 1000), aware = rbinom(14, 60, seq(0.4, 0.9, length.out = 14)), base = rep(60, 14)),
  list(place = c(5, 5, 9, 12, 12, 20, 31, 40), people = rep(10000, 8), aware = c(10, 14, 14, 15, 22, 20, 25, 27), base = rep(30, 8)),
  list(place = c(12, 3, 8, 1), people = c(4000, 5000, 2000, 9000), aware = c(5, 6, 5, 9), base = c(11, 10, 12, 14)),
  list(place = c(12, 3, 8, 1, 5), people = c(4000, 5000, 2000, 9000, 6000), aware = c(8, 6, 5, 9, 7), base = c(11, 10, 12, 14, 13)))
areas[[1]]$place <- round(areas[[1]]$people / 1000 * seq(0.5, 2, length.out = 14)[c(3, 1, 4, 2, 7, 5, 6, 9, 14, 8, 11, 10, 13, 12)])
orders <- function(v) if (length(v) == 1) matrix(v) else do.call(rbind, lapply(seq_along(v), function(i) cbind(v[i], orders(v[-i]))))
counted <- function(x, y) {   # p over all orders, which cor.test only counts without ties
  x <- rank(x); y <- rank(y); o <- orders(seq_along(y))
  all <- abs(apply(o, 1, function(k) cor(x, y[k])))
  mean(all >= abs(cor(x, y)) - 1e-9)
}
out <- file("areas.csv", "w")
writeLines("case,placements,people,aware,base,rho,p,lower,upper", out)
for (k in seq_along(areas)) {
  a <- areas[[k]]; n <- length(a$place)
  t <- cor.test(a$place / a$people, a$aware / a$base, method = "spearman", exact = FALSE)
  p <- if (n < 10) counted(a$place / a$people, a$aware / a$base) else t$p.value
  if (k == 3) stopifnot(all.equal(p, cor.test(a$place / a$people, a$aware / a$base, method = "spearman", exact = TRUE)$p.value))
  r <- unname(t$estimate); half <- qnorm(0.975) * sqrt((1 + r^2 / 2) / (n - 3))
  for (i in 1:n) writeLines(paste(k, a$place[i], a$people[i], a$aware[i], a$base[i], digits(r), digits(p), digits(tanh(atanh(r) - half)), digits(tanh(atanh(r) + half)), sep = ","), out)
}
close(out)

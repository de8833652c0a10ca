# Expected values for the importance tests, from base R 4.2.2 (Debian r-base-core).
# Run with: Rscript importance.R
# LMG shares from lm over all subsets, straight from their definition.

set.seed(20140905)
digits <- function(x) sprintf("%.15g", x)

# --- a sample: 6 strata, 5 schools in each, 12 rows in each ------------------------------
n <- 360
stratum <- rep(letters[1:6], each = 60)
psu <- rep(1:30, each = 12)
common <- rnorm(n) + rnorm(30, sd = 0.5)[psu]
five <- function(x) findInterval(x, c(-1.6, -0.8, 0, 1)) + 1
river <- five(0.8 * common + 0.6 * rnorm(n)); green <- five(0.7 * common + 0.7 * rnorm(n))
drink <- five(0.5 * common + 0.9 * rnorm(n)); drain <- five(0.4 * common + rnorm(n) - 0.5)
price <- five(-0.4 * common + rnorm(n)); noise <- five(rnorm(n))
overall <- five(0.35 * (river - 3) + 0.25 * (drink - 3) + 0.1 * (drain - 3) + 0.5 * common + 0.7 * rnorm(n))
weight <- round(exp(rnorm(n, sd = 0.6)), 3)
d <- data.frame(stratum, psu, weight, overall, river, green, drink, drain, price, noise)
for (name in c("overall", "river", "noise")) d[sample(n, 6), name] <- NA
write.csv(d, "sample.csv", row.names = FALSE, quote = FALSE, na = "")

# --- shares -------------------------------------------------------------------------------
ranks <- function(x, w) sapply(x, function(v) sum(w[x < v]) + sum(w[x == v]) / 2)
r2 <- function(y, X, w) {
  if (ncol(X) == 0) return(0)
  data <- data.frame(y = y, X)
  fit <- lm(y ~ ., data = data, weights = w)
  1 - sum(w * residuals(fit)^2) / sum(w * (y - weighted.mean(y, w))^2)
}
lmg <- function(y, X, w) {
  p <- ncol(X)
  values <- sapply(0:(2^p - 1), function(s) r2(y, X[, bitwAnd(s, 2^(0:(p - 1))) > 0, drop = FALSE], w))
  phi <- numeric(p)
  for (s in 0:(2^p - 2)) {
    inside <- bitwAnd(s, 2^(0:(p - 1))) > 0
    weight <- factorial(sum(inside)) * factorial(p - 1 - sum(inside)) / factorial(p)
    for (j in which(!inside)) phi[j] <- phi[j] + weight * (values[s + 2^(j - 1) + 1] - values[s + 1])
  }
  list(share = 100 * phi / values[2^p], r2 = values[2^p])
}
items <- c("river", "green", "drink", "drain", "price", "noise")
cases <- list(plain = items, weighted = items, rank = items, weightedrank = items,
  twice = c("river", "green", "drink", "again"), suppressing = c("river", "green", "against"))
d$again <- 2 * d$drink + 1                       # the same question
d$against <- 3 * d$river - d$overall + 0.5 * d$green + d$psu / 10  # what river says beyond the outcome
out <- file("shares.csv", "w")
writeLines("case,item,share,r2,adjusted,correlation,coefficient,vif,mean", out)
for (name in names(cases)) {
  used <- d[complete.cases(d[, c("overall", items)]), ]
  w <- if (grepl("weighted", name)) used$weight else rep(1, nrow(used))
  X <- used[, cases[[name]]]; y <- used$overall
  # performance is over all who answered the item; the last two cases keep complete rows only
  base <- if (name %in% c("twice", "suppressing")) used else d
  v <- if (grepl("weighted", name)) base$weight else rep(1, nrow(base))
  means <- sapply(cases[[name]], function(k) weighted.mean(base[[k]], v, na.rm = TRUE))
  if (grepl("rank", name)) { X[] <- lapply(X, ranks, w); y <- ranks(y, w) }
  l <- lmg(y, X, w)
  fit <- lm(y ~ ., data = data.frame(y, X), weights = w)
  cor <- cov.wt(cbind(X, y), w / sum(w), cor = TRUE, method = "ML")$cor
  sds <- sqrt(diag(cov.wt(cbind(X, y), w / sum(w), method = "ML")$cov))
  for (j in seq_along(X)) {
    others <- r2(X[[j]], X[, -j, drop = FALSE], w)
    vif <- if (others > 1 - 1e-9) 0 else 1 / (1 - others)
    coefficient <- if (vif == 0) 0 else coef(fit)[[j + 1]] * sds[j] / sds[length(sds)]
    writeLines(paste(name, names(X)[j], digits(l$share[j]), digits(l$r2), digits(summary(fit)$adj.r.squared), digits(cor[j, ncol(cor)]), digits(coefficient), digits(vif), digits(means[j]), sep = ","), out)
  }
}
close(out)

# --- intervals: units drawn within strata, one fewer than there are, 4,000 times ------------
used <- d[complete.cases(d[, c("overall", items)]), ]
draw <- function() {
  times <- unlist(lapply(split(unique(used[, c("stratum", "psu")])$psu, unique(used[, c("stratum", "psu")])$stratum), function(u) table(factor(sample(u, length(u) - 1, TRUE), u)) * length(u) / (length(u) - 1)))
  names(times) <- sub("^[a-z]\\.", "", names(times))
  w <- used$weight * times[as.character(used$psu)]
  C <- cov.wt(used[, c(items[1:3], "overall")], w / sum(w), cor = TRUE, method = "ML")$cor
  R2 <- function(s) if (length(s) == 0) 0 else drop(C[4, s, drop = FALSE] %*% solve(C[s, s, drop = FALSE], C[s, 4]))
  phi <- sapply(1:3, function(j) { o <- setdiff(1:3, j)
    (R2(j) + R2(1:3) - R2(o)) / 3 + (R2(c(o[1], j)) - R2(o[1]) + R2(c(o[2], j)) - R2(o[2])) / 6 })
  c(100 * phi / sum(phi), colSums(w * used[, items[1:3]]) / sum(w))
}
draws <- replicate(4000, draw())
bounds <- apply(draws, 1, quantile, probs = c(0.025, 0.975), type = 6)
out <- file("intervals.csv", "w")
writeLines("item,lower,upper,mean_lower,mean_upper", out)
for (j in 1:3) writeLines(paste(items[j], digits(bounds[1, j]), digits(bounds[2, j]), digits(bounds[1, j + 3]), digits(bounds[2, j + 3]), sep = ","), out)
close(out)

# --- fourteen items: exact values to hold sampled orders against ---------------------------
set.seed(7)
m <- 14; C <- 0.5^abs(outer(1:m, 1:m, "-")); X <- matrix(rnorm(200 * m), 200) %*% chol(C)
y <- drop(X %*% (m:1 / m)) + 4 * rnorm(200)
X <- round(X, 2); y <- round(y, 2)
write.csv(data.frame(y, X), "fourteen.csv", row.names = FALSE, quote = FALSE)
C <- cor(cbind(X, y))
values <- sapply(0:(2^m - 1), function(s) { k <- which(bitwAnd(s, 2^(0:(m - 1))) > 0); if (length(k) == 0) 0 else drop(C[m + 1, k] %*% solve(C[k, k, drop = FALSE], C[k, m + 1])) })
phi <- numeric(m); sizes <- sapply(0:(2^m - 1), function(s) sum(bitwAnd(s, 2^(0:(m - 1))) > 0))
for (j in 1:m) { without <- which(bitwAnd(0:(2^m - 1), 2^(j - 1)) == 0)
  phi[j] <- sum(factorial(sizes[without]) * factorial(m - 1 - sizes[without]) / factorial(m) * (values[without + 2^(j - 1)] - values[without])) }
writeLines(c("share", digits(100 * phi / values[2^m])), "fourteen_shares.csv")

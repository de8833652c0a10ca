# Expected values for the planning tests, from base R 4.2.2 (Debian r-base-core).
# Run with: Rscript planning.R
# Sizes are found by a root of the variance of the estimate, not by the closed formulas that
# the program uses; sheets that settle a target by trying one n after the other.

digits <- function(x) sprintf("%.15g", x)

# --- sizes of plans ---------------------------------------------------------------------
size <- function(d, level, p, deff, N, W = 1, a = 1) {
  Nh <- W * N
  S2 <- if (is.finite(N)) p * (1 - p) * Nh / (Nh - 1) else p * (1 - p)
  v <- function(n) deff * sum(W^2 * S2 / (n * a) * (1 - n * a / Nh))
  f <- function(n) v(n) - (d / qnorm(1 - (1 - level) / 2))^2
  uniroot(f, c(1e-3, if (is.finite(N)) N * 4 else 1e9), tol = 1e-12, maxiter = 10000)$root
}
plans <- list(
  list(0.05, 0.95, 0.5, 1, Inf), list(0.05, 0.95, 0.8, 1, Inf), list(0.03, 0.95, 0.5, 1.7, Inf),
  list(0.05, 0.95, 0.5, 1, 3200), list(0.05, 0.90, 0.8, 2.5, 12000), list(0.01, 0.99, 0.85, 1.2, 500),
  list(0.1, 0.8, 0.02, 1, 40))
out <- file("sizes.csv", "w")
writeLines("margin,level,share,deff,population,n", out)
for (x in plans) writeLines(paste(x[[1]], x[[2]], x[[3]], x[[4]], if (is.finite(x[[5]])) x[[5]] else 0, digits(do.call(size, x)), sep = ","), out)
close(out)

# The six strata of one plan under four allocations; each stratum has a share of its own.
Nh <- c(41000, 23000, 9000, 5200, 1800, 400)
ph <- c(0.5, 0.6, 0.7, 0.8, 0.9, 0.75)
part <- c(0.3, 0.2, 0.2, 0.1, 0.1, 0.1)
W <- Nh / sum(Nh); S <- sqrt(ph * (1 - ph) * Nh / (Nh - 1))
out <- file("strata.csv", "w")
writeLines("allocation,deff,n,a,b,c,d,e,f", out)
for (deff in c(1, 1.8)) for (name in c("proportional", "equal", "optimal", "given")) {
  a <- switch(name, proportional = W, equal = rep(1 / 6, 6), optimal = W * S / sum(W * S), given = part)
  n <- size(0.04, 0.95, ph, deff, sum(Nh), W, a)
  whole <- ceiling(n)
  repeat {   # largest remainder, one sheet more until the margin is kept
    q <- whole * a; k <- floor(q); rest <- whole - sum(k)
    if (rest > 0) { up <- order(-(q - k))[seq_len(rest)]; k[up] <- k[up] + 1 }
    if (deff * sum(W^2 * S^2 / k * (1 - k / Nh)) <= (0.04 / qnorm(0.975))^2) break
    whole <- whole + 1
  }
  writeLines(paste(name, deff, digits(n), paste(k, collapse = ","), sep = ","), out)
}
close(out)

# --- sheets that settle a target --------------------------------------------------------
bounds <- function(method, p, se, n, df, level) {
  t <- qt(1 - (1 - level) / 2, df); z <- qnorm(1 - (1 - level) / 2)
  effective <- p * (1 - p) / se^2 * (qt((1 - level) / 2, n - 1) / qt((1 - level) / 2, df))^2
  switch(method,
    mean = c(p - t * se, p + t * se),
    logit = plogis(qlogis(p) + c(-1, 1) * t * se / (p * (1 - p))),
    asin = sin(asin(sqrt(p)) + c(-1, 1) * t * se / (2 * sqrt(p * (1 - p))))^2,
    beta = c(qbeta((1 - level) / 2, effective * p, effective * (1 - p) + 1), qbeta(1 - (1 - level) / 2, effective * p + 1, effective * (1 - p))),
    wilson = {
      centre <- p + z^2 / (2 * effective); half <- z * sqrt(p * (1 - p) / effective + z^2 / (4 * effective^2))
      c(centre - half, centre + half) / (1 + z^2 / effective)
    })
}
out <- file("settling.csv", "w")
writeLines("method,numerator,base,deff,df,level,target,total", out)
cases <- list(c(240, 300, 82), c(250, 300, 80), c(246, 300, 80), c(28, 40, 80), c(57, 60, 90), c(3, 40, 10), c(231, 300, 80))
for (method in c("mean", "logit", "asin", "beta", "wilson")) for (case in cases) for (design in list(c(1, 0), c(2.3, 9))) for (level in c(0.95, 0.9)) {
  p <- case[1] / case[2]; n0 <- case[2]; df0 <- if (design[2] == 0) n0 - 1 else design[2]
  excluded <- function(n) {
    b <- bounds(method, p, sqrt(design[1] * p * (1 - p) / n), n, if (df0 == n0 - 1) n - 1 else floor(df0 * n / n0), level)
    b[1] >= case[3] / 100 || b[2] < case[3] / 100
  }
  n <- n0
  while (!excluded(n)) n <- n + 1
  writeLines(paste(method, case[1], case[2], design[1], df0, level, case[3], n, sep = ","), out)
}
close(out)

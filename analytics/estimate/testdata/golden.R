# Expected values for the estimate tests, from R's own functions.
# Run with: Rscript golden.R        (R 4.2.2, Debian package r-base-core)
# prop.test(correct = FALSE) gives the Wilson score interval; t.test the t interval.

digits <- function(x) sprintf("%.15g", x)

wilson <- data.frame(
  x = c(0, 1, 0, 1, 2, 80, 85, 240, 255, 159, 180, 3213, 38, 353, 353, 5, 500000, 1, 159, 159, 0),
  n = c(1, 1, 10, 10, 3, 100, 100, 300, 300, 180, 180, 3249, 180, 600, 597, 28, 1000000, 1000000, 180, 180, 180),
  level = c(rep(0.95, 18), 0.90, 0.99, 0.99)
)
out <- file("wilson.csv", "w")
writeLines("numerator,base,level,lower,upper", out)
for (i in seq_len(nrow(wilson))) {
  w <- wilson[i, ]
  ci <- suppressWarnings(prop.test(w$x, w$n, conf.level = w$level, correct = FALSE)$conf.int)
  writeLines(paste(format(w$x, scientific = FALSE), format(w$n, scientific = FALSE), w$level, digits(100 * ci[1]), digits(100 * ci[2]), sep = ","), out)
}
close(out)

scale <- c(100, 80, 60, 30, 0)
index <- list(
  list(0.95, c(85, 268, 216, 24, 4)),   # Yuxi 2007
  list(0.99, c(85, 268, 216, 24, 4)),
  list(0.95, c(1, 0, 1, 0, 0)),
  list(0.95, c(3, 2, 1, 0, 1)),
  list(0.95, c(0, 1, 1, 1, 0)),
  list(0.95, c(100000, 300000, 200000, 50000, 7)),
  list(0.80, c(10, 20, 30, 5, 5))
)
out <- file("index.csv", "w")
writeLines("level,c100,c80,c60,c30,c0,mean,lower,upper", out)
for (case in index) {
  x <- rep(scale, case[[2]])
  t <- t.test(x, conf.level = case[[1]])
  # beyond the ends of the scale no mean can lie
  ci <- c(max(t$conf.int[1], min(scale)), min(t$conf.int[2], max(scale)))
  writeLines(paste(case[[1]], paste(format(case[[2]], scientific = FALSE, trim = TRUE), collapse = ","), digits(mean(x)), digits(ci[1]), digits(ci[2]), sep = ","), out)
}
close(out)

# Golden values of the standing rate, made by an independent tool.
# Run in this folder: Rscript spotcheck.R   (R 4.2.2, survey 4.1.1 from Debian 12)
#
# points.csv: made here from a fixed seed. Three cases of known points in strata of known
# sizes: plain; one stratum with a single point; one with every placement looked at.
# estimates.csv: the rate over all, and among those claimed proven, with Korn and Graubard's
# interval (svyciprop, method "beta") and the correction for a finite population.
suppressMessages(library(survey))
RNGversion("4.2.0"); set.seed(20261126)
options(survey.lonely.psu = "adjust")

cases <- list(
  plain = data.frame(stratum = 0:4, size = c(60, 45, 25, 110, 12), n = c(6, 5, 3, 11, 2)),
  lonely = data.frame(stratum = 0:3, size = c(60, 45, 8, 30), n = c(6, 5, 1, 4)),
  census = data.frame(stratum = 0:2, size = c(40, 4, 90), n = c(8, 4, 18)))
points <- list(); out <- list()
for (name in names(cases)) {
  k <- cases[[name]]
  x <- k[rep(seq_len(nrow(k)), k$n), ]
  x$proven <- rbinom(nrow(x), 1, .7)
  x$stands <- rbinom(nrow(x), 1, .8)
  x$case <- name
  x$weight <- x$size / x$n
  points[[name]] <- x[, c("case", "stratum", "size", "proven", "stands")]
  d <- svydesign(~1, strata = ~stratum, weights = ~weight, fpc = ~size, data = x)
  for (domain in c("all", "proven")) {
    s <- if (domain == "all") d else subset(d, proven == 1)
    p <- svyciprop(~stands, s, method = "beta", level = .95)
    ci <- attr(p, "ci")
    out[[length(out) + 1]] <- data.frame(case = name, domain, value = sprintf("%.15g", 100 * p[1]),
      lower = sprintf("%.15g", 100 * ci[1]), upper = sprintf("%.15g", 100 * ci[2]))
  }
}
write.csv(do.call(rbind, points), "points.csv", row.names = FALSE, quote = FALSE)
write.csv(do.call(rbind, out), "estimates.csv", row.names = FALSE, quote = FALSE)

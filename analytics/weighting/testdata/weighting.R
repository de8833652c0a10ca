# Golden values of weights and of estimates under them, made by an independent tool.
# Run in this folder: Rscript weighting.R   (R 4.2.2, survey 4.1.1 from Debian 12)
# The sample is that of ../../estimate/testdata.
suppressMessages(library(survey))
x <- read.csv("../../estimate/testdata/sample.csv")
x <- x[x$weight > 0 & x$stratum != "g", ]
sex <- data.frame(sex = c("f", "m"), Freq = c(52000, 48000))
level <- data.frame(level = 1:4, Freq = c(41000, 35000, 16500, 7500))
cells <- data.frame(stratum = c("a", "b", "c", "d", "e", "f"), Freq = c(9000, 14000, 3000, 44000, 8000, 22000))
base <- svydesign(~school, strata = ~stratum, weights = ~weight, data = x)
element <- svydesign(~1, weights = ~weight, data = x)
designs <- list(
  poststratified = postStratify(base, ~sex, sex),
  element = postStratify(element, ~stratum, cells),
  raked = rake(base, list(~sex, ~level), list(sex, level), control = list(maxit = 500, epsilon = 1e-15)),
  three = rake(element, list(~sex, ~level, ~stratum), list(sex, level, cells), control = list(maxit = 500, epsilon = 1e-15)))
out <- list(); weights <- data.frame(row = x$row)
for (name in names(designs)) {
  d <- designs[[name]]
  weights[[name]] <- sprintf("%.17g", weights(d))
  for (dom in c("", "level4")) {
    s <- if (dom == "level4") subset(d, level == 4) else d
    for (v in c("know", "score", "rare")) {
      m <- svymean(as.formula(paste0("~", v)), s, na.rm = TRUE)
      t <- svytotal(as.formula(paste0("~", v)), s, na.rm = TRUE)
      out[[length(out) + 1]] <- data.frame(design = name, domain = dom, variable = v, mean = sprintf("%.17g", coef(m)), se = sprintf("%.17g", SE(m)), total = sprintf("%.17g", coef(t)), total_se = sprintf("%.17g", SE(t)))
    }
  }
}
write.csv(do.call(rbind, out), "estimates.csv", row.names = FALSE, quote = FALSE)
write.csv(weights, "weights.csv", row.names = FALSE, quote = FALSE)

# Golden values of the comparison of two sides by their words, made by an independent tool.
# Run in this folder: Rscript contrast.R   (R 4.2.2, base R only)
#
# counts.csv: persons by word and group, from a fixed seed: few very common words, many rare
# ones, words that one group never used, groups of unequal size.
# contrast.csv: log-odds with informative Dirichlet prior by Monroe, Colaresi and Quinn 2008,
# from the matrix of counts; columns first, second: the groups of either side.
RNGversion("4.2.0"); set.seed(20140905)
words <- 60
groups <- c(school = 40, firm = 150, home = 600, office = 90)
popular <- 0.5 / (1:words)^0.9
counts <- sapply(names(groups), function(g) rbinom(words, groups[[g]], pmin(0.9, popular * exp(rnorm(words, 0, 0.7)))))
counts[c(5, 30, 58), 1] <- 0
counts[60, ] <- c(0, 0, 1, 0)
counts[59, ] <- c(3, 0, 0, 0)
rownames(counts) <- sprintf("w%02d", 1:words)
write.csv(counts, "counts.csv", quote = FALSE)

compare <- function(first, second, worth) {
  Y <- cbind(rowSums(counts[, first, drop = FALSE]), rowSums(counts[, second, drop = FALSE]))
  Y <- Y[rowSums(Y) > 0, ]
  N <- colSums(Y)
  if (is.null(worth)) worth <- sum(Y) / 10
  alpha <- worth * rowSums(Y) / sum(Y)
  odds <- sapply(1:2, function(i) (Y[, i] + alpha) / (N[i] + worth - Y[, i] - alpha))
  delta <- log(odds[, 1]) - log(odds[, 2])
  sigma <- sqrt(rowSums(1 / (Y + alpha)))
  data.frame(first = paste(first, collapse = "+"), second = paste(second, collapse = "+"), prior = sprintf("%.17g", worth),
             word = rownames(Y), log_odds = sprintf("%.17g", delta), se = sprintf("%.17g", sigma), z = sprintf("%.17g", delta / sigma))
}
out <- rbind(
  compare("school", c("firm", "home", "office"), NULL),
  compare("school", "office", 500),
  compare("home", "firm", 1),
  compare(c("firm", "office"), c("school", "home"), 20)
)
write.csv(out, "contrast.csv", row.names = FALSE, quote = FALSE)

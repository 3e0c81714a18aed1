#pragma once

#include <cstdint>
#include <functional>
#include <stop_token>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

namespace maskscope {

/// Features and labels of a labelled set.
struct LabelledFeatures {
    at::Tensor features;  // [S, D] float
    at::Tensor labels;    // [S] int64, 0 .. classes - 1
};

/// Accuracy of a k-nearest-neighbour classifier on frozen features: cosine similarity, votes weighted by exp(similarity / 0.07)
/// (Wu et al., Unsupervised Feature Learning via Non-Parametric Instance Discrimination, CVPR 2018, Sec. 3.4).
/// @param k  neighbours, cut to the size of the training set
double knnAccuracy(const LabelledFeatures& train, const LabelledFeatures& test, std::int64_t classes, std::int64_t k);

/// The same where each sample is asked about with all the others as its training set: for a set too small to be parted.
double knnAccuracyAmong(const LabelledFeatures& set, std::int64_t classes, std::int64_t k);

/// Accuracy of multinomial logistic regression on frozen features standardised by the training set's statistics: full-batch
/// L-BFGS with a small L2 penalty, so that the answer does not depend on a learning rate or on chance.
double linearProbeAccuracy(const LabelledFeatures& train, const LabelledFeatures& test, std::int64_t classes, std::stop_token stop);

}  // namespace maskscope

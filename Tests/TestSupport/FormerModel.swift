import Classifier
import Foundation

/// falsetto-o, a model of format 1 that once shipped, with hops of 200 ms: tests of what is done with a model hear with it, so that they
/// do not depend on which one ships.
public let formerModelURL = Bundle.module.url(forResource: "falsetto-o", withExtension: "safetensors")!

public func formerModel() throws -> Model { try Model(path: formerModelURL.path) }

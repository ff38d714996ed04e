import Foundation

/// A WAV file of 16-bit samples, one array a channel, all of one length.
public func waveFile(_ channels: [[Int16]], rate: Int) -> Data {
    func bytes(_ value: some FixedWidthInteger) -> Data { withUnsafeBytes(of: value.littleEndian) { Data($0) } }
    var body = Data()
    for index in channels[0].indices { for channel in channels { body += bytes(channel[index]) } }
    let format =
        bytes(UInt16(1)) + bytes(UInt16(channels.count)) + bytes(UInt32(rate)) + bytes(UInt32(rate * 2 * channels.count))
        + bytes(UInt16(2 * channels.count)) + bytes(UInt16(16))
    return Data("RIFF".utf8) + bytes(UInt32(36 + body.count)) + Data("WAVEfmt ".utf8) + bytes(UInt32(16)) + format
        + Data("data".utf8) + bytes(UInt32(body.count)) + body
}

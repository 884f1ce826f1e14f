g1 = dW1; g2 = dW2;
save('run.mat', 'X', 'y', 'W1', 'W2', 'g1', 'g2', '-v7')
